// Rules: test/client/mcp/round-the-gate.test.ts
import { spelledOut } from '../screen.ts'
import { membersOf } from './host-says.ts'
import { type Members, notItsOwn, type Reply } from './message-proxy.ts'
import { metaKey } from './tool-result.ts'

/** The mark before the server's text that a host may show to a person. All of the text is on the mark's line. */
const mark = 'MCP server: '
const mostTokens = 1000
const asking = 'The MCP server asks this, and Hotwork does not: '

/** True for the names of the gate's own tasks and questions: a request id, or a generated name. */
const isOwn = (id: unknown): boolean => typeof id === 'string' && /^(?:req_|hotwork-)/.test(id)

const marked = (members: Members, name: string, by = mark): Members =>
  typeof members[name] === 'string' ? { ...members, [name]: `${by}${spelledOut(members[name])}` } : members

/** Removes `hotwork/permit` from the server's words: only Hotwork states a call's permit. */
export function withoutOurWord(members: Members): Members {
  const { [metaKey]: said, ...rest } = membersOf(members['_meta'])
  return said === undefined ? members : { ...members, _meta: rest }
}

/**
 * Keeps a server's words recognizable as its own. Words that would pass for Hotwork's become undefined, or an error.
 */
export class ServerSays {
  readonly #hotwork: string
  /** The newest requests that the server got. It may report progress of these only. */
  readonly #progressTokens = new Set<unknown>()

  constructor(issuer: string) {
    this.#hotwork = hostOf(issuer)
  }

  /** Notes a request of the host, and whether it has gone to the server. */
  expect({ progressToken: token }: Members, isSent: boolean): void {
    this.#progressTokens.delete(token)
    if (!isSent || token === undefined) return
    const [oldest] = this.#progressTokens
    if (this.#progressTokens.size >= mostTokens) this.#progressTokens.delete(oldest)
    this.#progressTokens.add(token)
  }

  /** A message that the server sends unasked. @returns its parameters for the host */
  told(method: string, params: Members): Members | undefined {
    const said = withoutOurWord(params)
    switch (method) {
      case 'elicitation/create':
        return this.#question(said)
      case 'notifications/elicitation/complete':
        return isOwn(said['elicitationId']) ? undefined : said
      case 'notifications/tasks/status':
        return isOwn(said['taskId']) ? undefined : marked(said, 'statusMessage')
      case 'notifications/progress':
        return this.#progressTokens.has(said['progressToken']) ? marked(said, 'message') : undefined
      case 'notifications/message':
        return marked({ ...said, logger: `${mark}${spelledOut(String(said['logger'] ?? ''))}` }, 'data')
      default:
        return said
    }
  }

  /** The server's answer to a request that passed, or to a call that was approved. */
  answered(reply: Reply): Reply {
    if ('error' in reply) return this.#error(reply.error)
    const { task, inputRequests, ...rest } = withoutOurWord(reply.result)
    if (isOwn(rest['taskId']) || isOwn(membersOf(task)['taskId'])) return notItsOwn
    const asked = Object.entries(membersOf(inputRequests)).map(([name, request]) => {
      const { method, params } = membersOf(request)
      if (method !== 'elicitation/create') return [name, request]
      const question = this.#question(membersOf(params))
      return [name, question && { method, params: question }]
    })
    if (asked.some(([, request]) => request === undefined)) return notItsOwn
    return {
      result: {
        ...marked(rest, 'statusMessage'),
        ...(task === undefined ? {} : { task: marked(membersOf(task), 'statusMessage') }),
        ...(inputRequests === undefined ? {} : { inputRequests: Object.fromEntries(asked) }),
      },
    }
  }

  /** A question to the person who drives the host. Only the gate shows pages of Hotwork. */
  #question(params: Members): Members | undefined {
    const { url, elicitationId, message } = params
    // A host may convert other types to text, so only text passes.
    if (![url, elicitationId].every((each) => each === undefined || typeof each === 'string')) return undefined
    if (isOwn(elicitationId) || hostOf(`${url}`) === this.#hotwork) return undefined
    return { ...params, message: `${asking}${typeof message === 'string' ? spelledOut(message) : ''}` }
  }

  /** MCP 2025-11-25: an error may name pages that a person has to open first. */
  #error(error: Extract<Reply, { error: unknown }>['error']): Reply {
    const { elicitations, ...data } = membersOf(error.data)
    const message = `${mark}${spelledOut(error.message)}`
    if (elicitations === undefined) return { error: { ...error, message } }
    if (!Array.isArray(elicitations)) return notItsOwn
    const questions = elicitations.map((each) => this.#question(membersOf(each)))
    if (questions.includes(undefined)) return notItsOwn
    return { error: { ...error, message, data: { ...data, elicitations: questions } } }
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, '') : ''
}
