import { BadRequest } from '../../adapters/http/problem.ts'
import type { RateKind } from '../../domain/policy/ladder.ts'
import type { AgentId, ToolId } from '../../domain/values.ts'
import { keepRate } from '../../operations/requests/limits.ts'
import type { DecidingPorts } from '../../operations/requests/ports.ts'

/** What is refused above its rate. A read that is not held is answered all the same. */
type RefusedKind = Exclude<RateKind, 'heldReads'>

const titles: { readonly [kind in RefusedKind]: string } = {
  submissions: 'You ask for more than one agent may',
  evaluations: 'You evaluate more than one caller may',
}

/** Refuses a caller that calls too often. @throws BadRequest 429 with `Retry-After` */
export async function mustKeepRate(
  caller: AgentId | ToolId,
  kind: RefusedKind,
  tokens: number,
  ports: Pick<DecidingPorts, 'policy' | 'requests' | 'clock' | 'log'>,
): Promise<void> {
  const taken = await keepRate(caller, kind, tokens, ports)
  if (taken.permitted) return
  ports.log.info('rate exceeded', { caller, kind, tokens })
  throw new BadRequest({
    status: 429,
    code: 'too_many_requests',
    title: titles[kind],
    detail: `ask again in ${taken.retryAfter} s: nothing was done. \`limits.${kind}\` of the ladder is the rate`,
    headers: { 'retry-after': String(taken.retryAfter) },
  })
}
