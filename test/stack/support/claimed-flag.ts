import { randomUUID } from 'node:crypto'
import * as DPoP from 'dpop'
import type { Answer, Deployment } from './deployment.ts'

export const builder = 'agent:builder'
export const tool = 'tool:flag-service'

const release = { purpose: 'release', parent_task: { id: 'REL-7' } }

/** A flag's request, approved and claimed by an agent, and the gate as its tool asks it. */
export async function claimFlag(hotwork: Deployment, { agent = builder, context = release } = {}) {
  const flag = `flag-${randomUUID()}`
  const args = { environment: 'prod', flag, value: true }
  const id = await hotwork.submitted(agent, {
    subject: { type: 'agent', id: agent },
    action: { name: 'flags:set', properties: args },
    resource: { type: 'flags:flag', id: `prod/${flag}` },
    context,
  })
  await hotwork.decide('person:ana', id)
  const { status, body } = await hotwork.exchange(agent, id)
  if (status !== 200) throw new Error(`the token of ${id}: ${status} ${JSON.stringify(body)}`)
  const token = body.access_token as string
  const url = `${hotwork.local.tools[0]?.addresses[0]}/flags/prod/${flag}`
  const proof = async (changes: { url?: string; method?: string; token?: string; key?: string } = {}) =>
    DPoP.generateProof(
      await hotwork.key(agent, changes.key),
      changes.url ?? url,
      changes.method ?? 'PUT',
      undefined,
      changes.token ?? token,
    )
  const begin = async (changes: object = {}, key: string = randomUUID(), as: string = tool): Promise<Answer> =>
    hotwork.json(
      'POST',
      '/v1/uses',
      await hotwork.token(as),
      { token, proof: await proof(), method: 'PUT', url, action: 'flags:set', arguments: args, ...changes },
      { 'idempotency-key': key },
    )
  return { id, args, url, token, proof, begin }
}
