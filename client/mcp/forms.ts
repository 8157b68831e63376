// Rules: test/client/mcp/mcp-gate.test.ts, test/client/mcp/mcp-tasks.test.ts
import type { GatedAnswer } from '../gated/gated-call.ts'
import { membersOf, tasksExtension } from './host-says.ts'
import type { Members } from './message-proxy.ts'

/** Messages of the gate in the protocol's own forms. */

export const openPage = 'People decide on this call. The page shows what is asked; opening it decides nothing.'

export const requireOpening = ({ page: url = '', request = '' }: GatedAnswer): Members => ({
  resultType: 'input_required',
  inputRequests: { [request]: { method: 'elicitation/create', params: { mode: 'url', url, message: openPage } } },
})

/** The protocol's own metadata. Drops other members, which are unapproved. */
export const passedMeta = (meta: Members, isAwaited: boolean): Members =>
  Object.fromEntries(
    Object.entries(meta).filter(
      ([name]) =>
        /^(?:io\.modelcontextprotocol\/|traceparent$|tracestate$)/.test(name) ||
        (isAwaited && name === 'progressToken'),
    ),
  )

/** Declares tasks in the server's answer, since a host asks for a task only if the server supports them. */
export function withTasks(result: Members, method: string): Members {
  const capabilities = membersOf(result['capabilities'])
  if (!('tools' in capabilities)) return result
  if (method === 'server/discover') {
    const extensions = { ...membersOf(capabilities['extensions']), [tasksExtension]: {} }
    return { ...result, capabilities: { ...capabilities, extensions } }
  }
  if (result['protocolVersion'] !== '2025-11-25') return result
  const tasks = membersOf(capabilities['tasks'])
  const requests = { ...membersOf(tasks['requests']), tools: { call: {} } }
  return { ...result, capabilities: { ...capabilities, tasks: { list: {}, cancel: {}, ...tasks, requests } } }
}
