// Rules: test/client/mcp/mcp-gate.test.ts
import { wordsForModel } from '../agent/words.ts'
import { type GatedAnswer, isOpen } from '../gated/gated-call.ts'
import { defined } from '../http.ts'
import { spelledOut } from '../screen.ts'
import type { Members, Reply } from './message-proxy.ts'

/** The gate's own tool by which an agent answers an approver's question. */
export const answerTool = 'hotwork_answer'

export const metaKey = 'hotwork/permit'

/** The reply to a gated call. If the call was made, the server's answer is unchanged. */
export function replyOf(answer: GatedAnswer, tool: string): Reply {
  const meta = { [metaKey]: metaOf(answer) }
  if (answer.state === 'done') {
    const given = answer.value as Reply | undefined
    if (!given) return { result: textOf(lost, true, meta) }
    if ('error' in given) return given
    return { result: { ...given.result, _meta: { ...(given.result['_meta'] as Members | undefined), ...meta } } }
  }
  return { result: textOf(sentenceOf(answer, spelledOut(tool).slice(0, 128)), !isOpen(answer), meta) }
}

export const ownReply = (text: string): Reply => ({ result: { content: [{ type: 'text', text }] } })

const lost =
  'The call was made once, and the time for which its answer is kept is over. Hotwork does not make it again by itself.'

const textOf = (text: string, isError: boolean, _meta: Members): Members => ({
  content: [{ type: 'text', text }],
  ...(isError ? { isError } : {}),
  _meta,
})

/** Some hosts show it to the model: the words of people are in the text alone, where they are marked. */
const metaOf = ({ value: _, messages: __, suggested: ___, questions: ____, detail, ...answer }: GatedAnswer): Members =>
  defined({ ...answer, detail: detail === undefined ? undefined : spelledOut(detail) })

/** The state of a call, the agent's next step, and the words of people. */
export const sentenceOf = (answer: GatedAnswer, tool: string): string =>
  `${stateWords(answer, tool)}${peopleWords(answer)}`

/** The words of people, each marked as theirs, and how to answer a question; empty without words. */
export function peopleWords(answer: GatedAnswer): string {
  const words = wordsForModel(answer)
  const isAsked = answer.questions?.some(({ answered }) => !answered)
  const how = `People ask something first: answer each question by \`${answerTool}\` with { "request": "${answer.request}", "question", "text" }. `
  return words && ` ${isAsked ? how : ''}${words}`
}

function stateWords(answer: GatedAnswer, tool: string): string {
  const { state, request = '', page = '', until = '', reason = '' } = answer
  const detail = spelledOut(answer.detail ?? '')
  switch (state) {
    case 'pending':
      return `Waiting for people: request ${request}. They decide at ${page}. Nothing has been sent to the server. Call \`${tool}\` again with the same arguments to continue: people are not asked a second time.`
    case 'approved':
      return `Approved until ${until}: request ${request}. Call \`${tool}\` again with the same arguments, and it is made.`
    case 'running':
      return `It was sent to the server, and there is no answer yet (request ${request}). Call \`${tool}\` again with the same arguments to get its answer: it is not sent a second time.`
    case 'denied':
      return `People denied this call (request ${request}): it was not made. The reason is at ${page}. Do not repeat it: until ${until} the same call gets this answer. Ask for something else, or ask the person you work for.`
    case 'revise':
      return `People want this call changed (request ${request}): it was not made. Call \`${tool}\` again with changed arguments: people then see it as the revision of this one, and decide on it. Until ${until} the same call gets this answer.`
    case 'expired':
      return `Nothing was decided or done in time (request ${request}): the call was not made. Call \`${tool}\` again with the same arguments to ask people again.`
    case 'narrowed':
      return `People approved narrower arguments (request ${request}); this call was not made. Until ${until} you may call \`${tool}\` with exactly these arguments: ${spelledOut(JSON.stringify(answer.arguments))}`
    case 'unknown':
      return `outcome unknown: the call was sent to the server once (request ${request}), and its answer is lost: ${detail}. It may have been done. It is not sent again: look at the current state before you do anything else. Until ${until} the same call gets this answer.`
    case 'refused':
      return `Hotwork refused this call, and it was not made: ${reason}${detail ? `: ${detail}` : ''}. ${nextOf(reason)}`
    case 'done':
      return `It was made (request ${request}).`
    default:
      return state satisfies never
  }
}

function nextOf(reason: string): string {
  if (reason === 'tool_changed')
    return 'Until people have looked at the change and imported the tool again, it is not called.'
  if (reason === 'justification_required')
    return 'Call again with the same arguments, and in `hotwork_why` say why in three words or more. If the tool has no such member, ask the person who set the gate up to write `"task": "call"` into its map.'
  if (reason === 'invalid_parent_task') return 'Name the task as described, or leave it out, and call again.'
  if (reason === 'unknown_tool') return 'Use a tool that the gate has, or ask the person who set the gate up.'
  if (['no_answer', 'gate_silent', 'server_gone', 'no_connection'].includes(reason))
    return 'Nothing was sent to the server: call again later with the same arguments.'
  if (reason === 'withdrawn') return 'Call again with the same arguments to ask people again.'
  return 'Correct the arguments, or ask the person you work for.'
}

/**
 * The tool's description for the host. The gate's words come after the server's, since people see a description too.
 */
export function describeTool(tool: Members, rule: 'gated' | 'refused'): Members {
  const added =
    rule === 'gated'
      ? 'This call needs a permit: people may be asked before it is made, which can take a while.'
      : 'The gate before this server refuses this tool.'
  const said = typeof tool['description'] === 'string' ? `${tool['description']}\n\n` : ''
  const execution = { ...(tool['execution'] as Members | undefined), taskSupport: 'optional' }
  return { ...tool, description: `${said}${added}`, ...(rule === 'gated' ? { execution } : {}) }
}
