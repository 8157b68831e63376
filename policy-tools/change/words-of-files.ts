// Rules: test/policies/changes/diff-files.test.ts
import { defined, duration, type Json, rfc3339 } from '../../functions/domain/values.ts'
import type { Change } from './change.ts'
import type { Difference } from './compare.ts'

/** Members of a bundle whose file has another name. */
const files: { readonly [member: string]: string } = {
  agentsTell: 'agents.json',
  recertifyAtMost: 'agents.json',
  breakGlass: 'break-glass.json',
  show: 'resources.json',
  schema: 'hotwork.cedarschema',
  observed: '*.cedar',
}

/** The file of a difference, and its agent, person, action or policy if the path names one. */
export function subjectOf(path: readonly string[]): Omit<Change, 'kind' | 'from' | 'to'> {
  const [member = '', second] = path
  const named = (prefix: string) => path.find((part) => part.startsWith(prefix))
  return {
    file: files[member] ?? `${member}.json`,
    ...defined({
      policy: member === 'observed' ? second : undefined,
      agent: named('agent:'),
      person: named('person:'),
      action: member === 'actions' ? second : undefined,
    }),
  }
}

/** Both sides as texts, for a line `from → to`. */
export function textsOf({ path, from, to, lists }: Difference): { from: string; to: string } {
  const [, ...places] = path
  const member = path.at(-1) ?? ''
  if (lists !== undefined && path.length > 1) {
    const side = (value: Json | undefined) => `${value === undefined ? 'without' : 'with'} \`${cut(member)}\``
    return { from: inPlace(path.length > 2 ? places.slice(0, -1) : path.slice(0, 1), side(from)), to: side(to) }
  }
  const say = (value: Json | undefined) => sayValue(value, member)
  return { from: inPlace(places, say(from)), to: say(to) }
}

/** The place in words: `tiers › 3 › stages › security › quorum: 2`. */
const inPlace = (places: readonly string[], said: string): string =>
  places.length === 0 ? said : `${places.map(spaced).join(' › ')}: ${said}`

const spaced = (member: string): string =>
  /^[a-z][A-Za-z]*$/.test(member) ? member.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) : member

/** Members that are durations in seconds, and members that are times. */
const lengths =
  /^(?:deadline|maxAge|after|claimWithin|lifetime|window|budget|budgetOfPerson|coolDown|recertifyEvery|recertifyAtMost)$/
const times = /^(?:recertifyBy|leavesOn|validFrom|validUntil|until)$/
/** Members that are left out, since they only identify. */
const known = new Set(['id', 'name', 'description', 'title'])
const most = 160

function sayValue(value: Json | undefined, member = ''): string {
  if (value === undefined || value === null) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number')
    return lengths.test(member) ? duration(value) : times.test(member) ? dateOf(value) : String(value)
  if (typeof value === 'string') return `\`${cut(value)}\``
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((each) => sayValue(each)).join(', ')
  const members = Object.entries(value).filter(([name]) => !known.has(name))
  return cut(members.map(([name, each]) => `${spaced(name)} ${sayValue(each, name)}`).join(', '))
}

const dateOf = (at: number): string => rfc3339(at).replace(/T00:00:00Z$/, '')

function cut(text: string): string {
  const characters = [...text.replace(/\s+/g, ' ')]
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`
}
