import { type IdTyped, nextCommand, profileOf, show, wordsOf } from '../context.ts'
import { kubeConfigOf } from '../exec/kube-config.ts'
import { type Exit, exits, isOver, Refusal, wrongUsage } from '../outcome.ts'
import { lines } from '../screen.ts'
import { followed, keyOf, readId } from './ask.ts'
import { type AgentContext, agentApiOf } from './context.ts'

export async function credentials(typed: IdTyped & { setup: boolean }, context: AgentContext): Promise<Exit> {
  const { kept: requests, surroundings, settings } = context
  const id = readId(typed.id)
  if (typed.setup) {
    const { apiUrl, as, local } = settings
    const named = { apiUrl, as, ...(local ? { localAws: local.aws } : {}) }
    surroundings.out(lines(...profileOf(['credentials', id], named, surroundings).lines))
    return exits.done
  }
  const kept = await keyOf(id, context)
  const api = await agentApiOf(kept, context)
  const made = await requests.credentialsOf(id, () =>
    ofGrant(context, id, async () => api.awsCredentials((await api.exchangeToken(id)).access_token)),
  )
  surroundings.out(`${JSON.stringify(made)}\n`)
  return exits.done
}

/**
 * An ExecCredential of an approved act in a cluster, for `kubectl` (client.authentication.k8s.io/v1), or the kubeconfig
 * that names this verb. Its contexts are two, since the token of an act reads nothing.
 */
export async function clusterCredential(
  typed: IdTyped & { read: boolean; setup: boolean },
  context: AgentContext,
): Promise<Exit> {
  const { kept: requests, surroundings, settings } = context
  const id = readId(typed.id)
  const kept = await keyOf(id, context)
  const api = await agentApiOf(kept, context)
  const { apiVersion, kind, status, readToken, cluster } = await requests.clusterCredentialsOf(id, () =>
    ofGrant(context, id, async () => api.clusterCredentials((await api.exchangeToken(id)).access_token)),
  )
  const user = (...options: readonly string[]) => {
    const [command, ...args] = wordsOf(['kubernetes', 'credential', id, ...options], settings, surroundings)
    return { exec: { command, args } }
  }
  const token = typed.read ? readToken : status.token
  surroundings.out(
    typed.setup
      ? kubeConfigOf(cluster, { act: user(), read: user('--read') })
      : `${JSON.stringify({ apiVersion, kind, status: { ...status, token } })}\n`,
  )
  return exits.done
}

/** Makes the call once: after a lost answer, asking again reports its outcome. */
export async function call(typed: IdTyped & { wait?: number | undefined }, context: AgentContext): Promise<Exit> {
  const { kept: requests } = context
  const id = readId(typed.id)
  const kept = await keyOf(id, context)
  const api = await agentApiOf(kept, context)
  const called = await requests.journal.alone(id, () =>
    ofGrant(context, id, async () => api.mediatedCall((await api.exchangeToken(id)).access_token)),
  )
  if (called.run && typed.wait !== undefined) return followed(await api.readTask(id), api, typed.wait, context)
  const { settings } = context
  return show(context, called, () => [
    called.run
      ? `STARTED, and its run goes on; wait for its end with \`${nextCommand(`wait ${id}`, settings)}\``
      : `DONE, and the target answered; report it with \`${nextCommand(`complete ${id}`, settings)}\``,
    ...JSON.stringify(called.output, null, 2).split('\n'),
  ])
}

async function ofGrant<T>({ kept, settings }: AgentContext, id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (trouble) {
    if (!(trouble instanceof Refusal)) throw trouble
    if (isOver(trouble)) kept.forget(id)
    if (trouble.told.code === 'mediated')
      throw wrongUsage(
        'Hotwork does this action itself',
        `let Hotwork make it: \`${nextCommand(`call ${id}`, settings)}\``,
      )
    if (trouble.told.code === 'not_mediated')
      throw wrongUsage(
        'you make this call yourself',
        `\`${nextCommand(`exec ${id}`, settings, ' -- CMD...')}\` gives it the credential`,
      )
    throw trouble
  }
}
