import { randomUUID } from 'node:crypto'
import * as DPoP from 'dpop'
import { type Answer, type Deployment, setFlag } from './deployment.ts'

export const builder = 'agent:builder'
export const tool = 'tool:flag-service'

/** A flag's request, approved and claimed by an agent, and the gate as its tool asks it. */
export async function claimFlag(hotwork: Deployment, given: Parameters<typeof setFlag>[0] = {}) {
  const body = setFlag(given)
  const [agent, args] = [body.subject.id, body.action.properties]
  const id = await hotwork.submitted(agent, body)
  await hotwork.decide('person:ana', id)
  const exchanged = await hotwork.exchange(agent, id)
  if (exchanged.status !== 200)
    throw new Error(`the token of ${id}: ${exchanged.status} ${JSON.stringify(exchanged.body)}`)
  const token = exchanged.body.access_token as string
  const url = `${hotwork.local.tools[0]?.addresses[0]}/flags/prod/${args.flag}`
  const proof = async (changes: { url?: string; method?: string; token?: string; key?: string } = {}) =>
    DPoP.generateProof(
      await hotwork.key(agent, changes.key),
      changes.url ?? url,
      changes.method ?? 'PUT',
      undefined,
      changes.token ?? token,
    )
  const begin = async (changes: object = {}, key: string = randomUUID(), as: string = tool): Promise<Answer> =>
    hotwork.as(
      as,
      'POST',
      '/v1/uses',
      { token, proof: await proof(), method: 'PUT', url, action: 'flags:set', arguments: args, ...changes },
      { 'idempotency-key': key },
    )
  return { id, args, url, token, proof, begin }
}
