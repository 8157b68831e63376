import type { AgentApi } from '../agent/agent-api.ts'
import { type Task, toDoOf } from '../agent/ask.ts'
import { calls } from '../agent/kept-calls.ts'
import { questionsIn, quoteForModel } from '../agent/words.ts'
import { type IdTyped, show } from '../context.ts'
import { proverOf } from '../journal/keys.ts'
import { type Exit, exits, Refusal, wrongUsage } from '../outcome.ts'
import { readId, readWithoutKey } from './ask.ts'
import { type AgentContext, agentApi, agentApiOf } from './context.ts'
import { bodyOf, describe } from './describe.ts'

export type AnswerTyped = IdTyped & { text: string; question?: string | undefined }

/** Answers a question of an approver, by the key of the request, which only the machine that asked has. */
export async function answer({ id: typed, text, question }: AnswerTyped, context: AgentContext): Promise<Exit> {
  const id = readId(typed)
  const { api, task } = await find(id, context)
  const answered = await api.answer(id, question ?? onlyOpen(task), text)
  return show(context, bodyOf({ task: answered }), () => describe({ task: answered }, context))
}

function onlyOpen(task: Task): string {
  const open = questionsIn(task).filter(({ answered }) => !answered)
  const [first] = open
  if (!first)
    throw new Refusal(exits.denied, { code: 'no_open_question', title: `\`${task.task.id}\` has no open question` })
  if (open.length === 1) return first.id
  const ids = open.map(({ id, text }) => `${id}: ${quoteForModel(text)}`).join('; ')
  throw wrongUsage('several questions are open', `name one of them with \`--question\`: ${ids}`)
}

/** The key may be of a request by this program, or of a call by a hook, a gate or the client of this machine. */
async function find(id: string, context: AgentContext): Promise<{ api: AgentApi; task: Task }> {
  const { kept, settings } = context
  const own = kept.find(id)
  const ofCall = kept.journal.all(calls).find(({ row }) => row.id === id && row.api === settings.apiUrl)?.row
  if (!own && ofCall?.jwk) {
    const api = agentApi(context, { prove: await proverOf({ jwk: ofCall.jwk }) })
    return { api, task: await api.readTask(id) }
  }
  const task = own ? undefined : await readWithoutKey(id, context)
  const toDo = task && toDoOf(task)
  const key = own ?? (toDo ? await kept.take(task, toDo.agent) : undefined)
  if (!key) throw kept.missing(id)
  const api = await agentApiOf(key, context)
  return { api, task: task ?? (await api.readTask(id)) }
}
