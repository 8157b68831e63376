// Rules: test/operations/people/groups.test.ts
import type { Directory } from '../people/organisation.ts'
import { defined, type NumericDate, type PersonId } from '../values.ts'
import type { Sentence } from './sentence.ts'
import { nameOf } from './who.ts'

/** A group with a source that could decide the open stage, and its present members. */
export type OnCall = {
  group: string
  /** `login`: the group's members are known only when they log in. */
  by: 'schedule' | 'chat' | 'login'
  members: readonly { person: PersonId; until?: NumericDate }[]
}

export type OnCallView = {
  group: string
  by: OnCall['by']
  members: readonly { id: string; name?: string; until?: NumericDate }[]
}

export const onCallView = ({ group, by, members }: OnCall, { people }: Directory): OnCallView => ({
  group,
  by,
  members: members.map(({ person, until }) => ({
    id: person,
    ...defined({ name: people.find(({ id }) => id === person)?.name, until }),
  })),
})

const mostNamed = 3

/** `On call now: Jade Jones until 18:00` */
export function onCallSentence({ group, by, members }: OnCallView): Sentence {
  if (by === 'login') return ['. People in ', { bold: group }, ' decide by their login']
  if (members.length === 0) return ['. No person is in ', { bold: group }, ' now']
  const more = members.length - mostNamed
  return [
    ...(by === 'schedule' ? ['. On call now: '] : ['. In ', { bold: group }, ' now: ']),
    ...members
      .slice(0, mostNamed)
      .flatMap(({ until, ...who }, at) => [
        ...(at === 0 ? [] : [', ']),
        { bold: nameOf(who) },
        ...(until === undefined ? [] : [' until ', { time: until }]),
      ]),
    ...(more > 0 ? [` and ${more} more`] : []),
  ]
}
