import type { TaskSource } from '../../functions/domain/cards/wire/word.ts'
import { defined } from '../http.ts'
import { exits, Refusal } from '../outcome.ts'
import { spelledOut } from '../screen.ts'
import type { GatedCall } from './gated-call.ts'

/**
 * `fixed`: the constants of the map. `session`: a task for each session of the host. `call`: also one for each call,
 * from its metadata or the model.
 */
export const taskModes = ['fixed', 'session', 'call'] as const

/** The part of a tool map about the tasks of its calls. The constants are the defaults. */
export type TaskTerms = {
  readonly mode: (typeof taskModes)[number]
  readonly purpose: string
  /** The purposes that a header or the metadata of a call may name. */
  readonly purposes: readonly string[]
  readonly parentTask: GatedCall['parentTask']
}

/** A task as a header, a host or a model names it. */
export type TaskWord = { id: string; url?: string | undefined; purpose?: string | undefined }
export type TaskGiven = TaskWord & { source: TaskSource }

/** The members of a call that say why it is asked for. */
export type InTask = Pick<GatedCall, 'purpose' | 'parentTask' | 'taskSource'>

const longestId = 256
const longestUrl = 2048

export const invalidTask = (detail: string): Refusal =>
  new Refusal(exits.usage, { code: 'invalid_parent_task', title: 'The parent task is invalid', detail })

const hides = (text: string): boolean => spelledOut(text) !== text

/** @param at the place of the task, for the error @throws Refusal */
export function readTask(value: unknown, at: string, members: readonly string[] = ['id', 'url']): TaskWord {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidTask(`${at} is not an object: write { "id": "INC-4822" }`)
  const unknown = Object.keys(value).find((name) => !members.includes(name))
  if (unknown !== undefined)
    throw invalidTask(
      `${at} has an unknown member \`${spelledOut(unknown).slice(0, 64)}\`: write ${members.join(', ')}`,
    )
  const { id, url, purpose } = value as { id?: unknown; url?: unknown; purpose?: unknown }
  if (purpose !== undefined && typeof purpose !== 'string') throw invalidTask(`\`purpose\` of ${at} is not a text`)
  if (url !== undefined && (typeof url !== 'string' || url.length > longestUrl || hides(url) || !URL.canParse(url)))
    throw invalidTask(`\`url\` of ${at} is not an address of at most ${longestUrl} characters: leave it out`)
  return { id: readTaskId(id, `\`id\` of ${at}`), ...defined({ url, purpose }) }
}

/** @throws Refusal */
export function readTaskId(id: unknown, at: string): string {
  if (typeof id === 'string' && id !== '' && id.length <= longestId && !hides(id)) return id
  const fix = `give 1 to ${longestId} characters, without line breaks, invisible characters and direction marks`
  throw invalidTask(`${at} is not an id: ${fix}`)
}

const quoted = '"(?:[^"\\\\]|\\\\["\\\\])*"'
const value = `(?:${quoted}|[^\\s",;]+)`
const header = new RegExp(`^\\s*(${value})((?:\\s*;\\s*(?:url|purpose)=${value})*)\\s*$`)
const parameter = new RegExp(`;\\s*(url|purpose)=(${value})`, 'g')
const plain = (text: string): string => (text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text)

/**
 * The task in `Hotwork-Task: INC-4822; purpose=remediation; url="https://..."`, an item of RFC 9651 whose id may lack
 * quotes.
 *
 * @param lines each line of the header
 * @throws Refusal
 */
export function readTaskHeader(lines: readonly string[] = []): TaskGiven | undefined {
  const [line, ...more] = lines
  if (line === undefined) return undefined
  const at = 'the header `Hotwork-Task`'
  if (more.length > 0) throw invalidTask(`${at} is there ${lines.length} times: send it once`)
  const [, id, rest = ''] = header.exec(line) ?? []
  if (id === undefined) throw invalidTask(`${at} is not \`ID\` or \`ID; purpose=WORD; url="https://..."\``)
  const named = [...rest.matchAll(parameter)].map(([, name = '', text = '']) => [name, plain(text)])
  const task = { ...Object.fromEntries(named), id: plain(id) }
  return { ...readTask(task, at, ['id', 'url', 'purpose']), source: 'header' }
}

/** The first given task, or else the constants. @throws Refusal if its purpose is not one of the map's */
export function inTask(terms: TaskTerms, ...given: readonly (TaskGiven | undefined)[]): InTask {
  const all = terms.mode === 'fixed' ? [] : given.filter((each) => each !== undefined)
  const purpose = all.find((each) => each.purpose !== undefined)?.purpose
  if (purpose !== undefined && !terms.purposes.includes(purpose)) throw unknownPurpose(purpose, terms)
  const [task] = all
  return {
    purpose: purpose ?? terms.purpose,
    parentTask: task === undefined ? terms.parentTask : { id: task.id, ...defined({ url: task.url }) },
    taskSource: task?.source ?? 'map',
  }
}

const unknownPurpose = (purpose: string, { purposes }: TaskTerms): Refusal =>
  new Refusal(exits.usage, {
    code: 'unknown_purpose',
    title: `The map has no purpose \`${spelledOut(purpose).slice(0, 64)}\``,
    detail: `name one of ${purposes.map((each) => `\`${each}\``).join(', ')}, or leave \`purpose\` out`,
  })
