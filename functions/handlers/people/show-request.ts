// Rules: test/client/requests/decide.test.ts, test/client/agents/registry.test.ts
import type { Answer } from '../../adapters/http/problem.ts'
import { personView } from '../../adapters/http/views.ts'
import { joinRequest } from '../../operations/ledger/texts.ts'
import type { Stored } from '../../operations/record/ports.ts'
import type { ShowingApiPorts } from '../doors.ts'

/** The answer with a request, as people read it. */
export async function showRequest(
  { state }: Stored,
  status: number,
  { texts, policy }: Pick<ShowingApiPorts, 'texts' | 'policy'>,
): Promise<Answer> {
  return { status, body: personView(await joinRequest(state, texts), policy.bundle) }
}
