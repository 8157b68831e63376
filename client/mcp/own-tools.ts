// Rules: test/client/mcp/session-task.test.ts
import * as z from 'zod'
import { wordsForModel } from '../agent/words.ts'
import type { GatedCalls } from '../gated/gated-calls.ts'
import { exits, Refusal, wrongUsage } from '../outcome.ts'
import { spelledOut } from '../screen.ts'
import type { Members } from './message-proxy.ts'
import type { SessionTask } from './session-task.ts'
import { answerTool } from './tool-result.ts'

/** The session in which a tool of the gate is called. */
export type OwnSession = { task: SessionTask; calls: GatedCalls }

/** A tool that the gate itself has. It needs no permit, and the server does not see it. */
type OwnTool = {
  description: string
  inputSchema: Members
  /** Whether this session has the tool. A server's tool of the same name is hidden either way. */
  isOffered?(session: OwnSession): boolean
  /** @returns the text for the model @throws Refusal */
  call(args: Members, session: OwnSession): string | Promise<string>
}

const setTask: OwnTool = {
  description:
    'Say which task your next calls are part of, such as an incident or a ticket. People who decide on them see it, marked as your word. It stands until you set another.',
  inputSchema: {
    type: 'object',
    properties: {
      id: { type: 'string', maxLength: 256, description: 'Its id, such as INC-4822.' },
      url: { type: 'string', maxLength: 512, description: 'Its address, at a host that the deployment knows.' },
    },
    required: ['id'],
    additionalProperties: false,
  },
  isOffered: ({ task }) => task.isOpen,
  call(args, { task }) {
    const { id, url } = task.say(args)
    return `Your calls are now part of the task ${spelledOut(id)}${url === undefined ? '' : ` (${spelledOut(url)})`}.`
  },
}

const Answered = z.strictObject({ request: z.string(), question: z.string(), text: z.string() })

const answer: OwnTool = {
  description:
    'Answer a question that an approver asked about a call of yours that waits for people. They read it as your words, and decide. Then repeat the call to go on.',
  inputSchema: {
    type: 'object',
    properties: {
      request: { type: 'string', description: 'The request of the call, `req_...`.' },
      question: { type: 'string', description: 'The question, `qst_...`.' },
      text: { type: 'string', maxLength: 1000, description: 'The answer, for people.' },
    },
    required: ['request', 'question', 'text'],
    additionalProperties: false,
  },
  async call(args, { calls }) {
    const parsed = Answered.safeParse(args)
    if (!parsed.success) throw wrongUsage('this is no answer', 'give `request`, `question` and `text`, each as text')
    const { request, question, text } = parsed.data
    const answered = await calls.answer(request, question, text, { wait: 0 })
    const { state, reason = state, detail } = answered
    if (state === 'refused') throw new Refusal(exits.denied, { code: reason, title: reason, detail })
    const more = wordsForModel({ questions: answered.questions })
    return `The approver has your answer. Call the tool of ${request} again with the same arguments to go on.${more && ` ${more}`}`
  },
}

/** One row a tool. */
const tools: { readonly [name: string]: OwnTool } = {
  [answerTool]: answer,
  hotwork_set_task: setTask,
}

export const isOwnTool = (name: string): boolean => Object.hasOwn(tools, name)

/** The tools of the gate, as `tools/list` has them. */
export const ownTools = (session: OwnSession): Members[] =>
  Object.entries(tools).flatMap(([name, { description, inputSchema, isOffered }]) =>
    isOffered?.(session) === false ? [] : [{ name, description, inputSchema }],
  )

/** @returns the text for the model @throws Refusal */
export async function callOwnTool(name: string, args: Members, session: OwnSession): Promise<string> {
  const tool = tools[name]
  if (tool && tool.isOffered?.(session) !== false) return tool.call(args, session)
  throw new Refusal(exits.denied, {
    code: 'task_is_set',
    title: 'The task of this session is set',
    detail: 'the header or the map of the gate says it, and nothing in the session changes it: go on without this tool',
  })
}
