// Rules: test/client/sidecar/sidecar.test.ts
import type { AwsCredentials } from '../../functions/domain/cards/wire/task.ts'
import { calls } from '../agent/kept-calls.ts'
import { proverOf } from '../journal/keys.ts'
import { readId } from '../requests/ask.ts'
import { type AgentContext, agentApi, agentApiOf } from '../requests/context.ts'

/** AWS credentials of this agent's approved request, which was asked for on this machine. @throws Refusal, Fault */
export async function credentialsOf(typed: string, context: AgentContext): Promise<AwsCredentials> {
  const id = readId(typed)
  const { kept: requests } = context
  const kept = requests.find(id)
  const api = kept ? await agentApiOf(kept, context) : await apiOfCall(id, context)
  // This read fails for other agents: the kept credentials may be another's.
  await api.readTask(id)
  // Shared by all processes of this machine, since new credentials end the earlier ones.
  return requests.credentialsOf(id, async () => api.awsCredentials((await api.exchangeToken(id)).access_token))
}

/** The API by the key of a request that the client or a hook asked for. */
async function apiOfCall(id: string, context: AgentContext) {
  const { jwk } = context.kept.journal.all(calls).find(({ row }) => row.id === id && row.jwk)?.row ?? {}
  if (!jwk) throw context.kept.missing(id)
  return agentApi(context, { prove: await proverOf({ jwk }) })
}
