import {
  type InTask,
  inTask,
  invalidTask,
  readTask,
  readTaskId,
  type TaskGiven,
  type TaskTerms,
} from '../gated/call-task.ts'
import type { GatedCall } from '../gated/gated-call.ts'
import { exits, Refusal } from '../outcome.ts'
import type { Members } from './message-proxy.ts'

/** The member of a call's `_meta` in which a host names the task of the call. */
const taskMeta = 'hotwork/task'

/** The members that the gate adds to the input schema of each gated tool, in the mode `call`. */
const added = {
  hotwork_task: {
    type: 'string',
    maxLength: 256,
    description: 'The id of the task that this call is part of, such as an incident or a ticket.',
  },
  hotwork_why: {
    type: 'string',
    maxLength: 4000,
    description: 'Why you make this call, in three words or more, for the people who decide.',
  },
} as const

/** Whether the gate can add its members: the schema is of an object, as MCP wants, and does not name them anywhere. */
export function takesMembers(schema: unknown): boolean {
  if ((Object(schema) as { type?: unknown }).type !== 'object') return false
  const text = JSON.stringify(schema)
  return Object.keys(added).every((name) => !text.includes(`"${name}"`))
}

export const cannotTake =
  'its input schema is not an object, or has a member of its own that the gate adds (`hotwork_task`, `hotwork_why`)'

/** The task of one session of a gate, and of each of its calls. */
export class SessionTask {
  readonly #terms: TaskTerms
  /** The header's task, fixed for the session. */
  readonly #header: TaskGiven | undefined
  #said: TaskGiven | undefined

  /** @throws Refusal if the header's purpose is not one of the map's */
  constructor(terms: TaskTerms, header?: TaskGiven) {
    this.#terms = terms
    this.#header = header
    inTask(terms, header)
  }

  /** Whether a model may name the task of this session. */
  get isOpen(): boolean {
    return this.#terms.mode !== 'fixed' && this.#header === undefined
  }

  get #isByCall(): boolean {
    return this.#terms.mode === 'call'
  }

  /** The model names the task of its next calls. @throws Refusal */
  say(given: unknown): TaskGiven {
    this.#said = { ...readTask(given, 'the task'), source: 'argument' }
    return this.#said
  }

  /** The tool with the members that it takes beside its own. */
  describe(tool: Members): Members {
    if (!this.#isByCall || !takesMembers(tool['inputSchema'])) return tool
    const schema = tool['inputSchema'] as Members
    const properties = { ...(schema['properties'] as Members | undefined), ...added }
    return { ...tool, inputSchema: { ...schema, properties } }
  }

  /** Takes the gate's own members out of a call. @throws Refusal */
  of(_meta: unknown, given: Members): InTask & Pick<GatedCall, 'arguments' | 'justification'> {
    if (!this.#isByCall) return { arguments: given, ...inTask(this.#terms, this.#header, this.#said) }
    const { hotwork_task: id, hotwork_why: why, ...args } = given
    const byModel = id === undefined ? undefined : { id: readTaskId(id, '`hotwork_task`'), source: 'argument' as const }
    return {
      arguments: args,
      ...inTask(this.#terms, this.#header, readTaskMeta(_meta), byModel, this.#said),
      ...(why === undefined ? {} : { justification: readWhy(why) }),
    }
  }
}

/** @throws Refusal */
function readTaskMeta(_meta: unknown = {}): TaskGiven | undefined {
  if (typeof _meta !== 'object' || _meta === null || Array.isArray(_meta))
    throw invalidTask('`_meta` is not an object: write { "hotwork/task": { "id": "INC-4822" } }')
  const { [taskMeta]: task } = _meta as Members
  if (task === undefined) return undefined
  return { ...readTask(task, `\`_meta["${taskMeta}"]\``, ['id', 'url', 'purpose']), source: 'meta' }
}

/** @throws Refusal */
function readWhy(why: unknown): string {
  if (typeof why === 'string' && why.length <= added.hotwork_why.maxLength) return why
  const detail = `\`hotwork_why\` should be a text of at most ${added.hotwork_why.maxLength} characters`
  throw new Refusal(exits.usage, { code: 'invalid_justification', title: 'The reason is invalid', detail })
}
