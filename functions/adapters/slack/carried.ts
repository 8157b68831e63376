import type { SlackAccount } from '../../domain/people/linking.ts'
import type { Person } from '../../domain/people/organisation.ts'
import type { PersonId } from '../../domain/values.ts'
import type { OnceOnly } from '../../operations/ports.ts'
import { accountOf, type Found, personBehind } from './click.ts'
import type { EdgeOptions } from './edge-options.ts'
import type { Delivery } from './guard.ts'
import { type Deadline, patience } from './patience.ts'
import { notRecorded, sentenceFor, sentenceForNobody } from './sentences.ts'

/** What was found out before Bolt, beside the request on its way through it. */
export type Carried = { delivery: Delivery; deadline: Deadline; clockHolds: boolean }

/** What the door knows of the request that a listener is called for. */
export const carriedOf = ({ context }: { context: object }): Carried => (context as { carried: Carried }).carried

/** Who did this, or what they are to be told in place of its being done: with the way to say who they are, where there is one. */
export type Who = { ok: true; person: Person } | { ok: false; sentence: string; link?: string }

/** Whose a Slack account is where the directory does not say, and how its owner can say so. */
export type Linking = {
  find(account: SlackAccount): Promise<PersonId | undefined>
  /** An address for this one user, to be followed once. */
  offer(account: SlackAccount): Promise<string>
}

/**
 * The person behind a Slack user, by the one way that every listener goes. Nobody does anything while a clock is off, but
 * only those who are somebody hear why. Whoever is nobody yet is told, alone, how to say who they are.
 */
export async function whoDid(user: unknown, { clockHolds, deadline }: Carried, options: Options): Promise<Who> {
  const { bundle, log, links } = options
  /** Nothing where it takes longer than the person waits, or fails: then nobody knows who they are. */
  const asked = async <T>(question: Promise<T>) => {
    const answer = await deadline.within(question, patience.tell).catch((fault: unknown) => {
      log.warn('link not read', { fault: fault instanceof Error ? fault.name : 'unknown' })
      return { done: false } as const
    })
    return answer.done ? { value: answer.value } : undefined
  }
  const account = accountOf(user)
  let found = personBehind(user, bundle)
  if (isUnknown(found) && links && account) {
    const linked = await asked(links.find(account))
    if (!linked) return { ok: false, sentence: notRecorded }
    found = personBehind(user, bundle, linked.value)
    const offered = isUnknown(found) ? await asked(links.offer(account)) : undefined
    if (offered) return { ok: false, sentence: linkSentence(offered.value), link: offered.value }
  }
  if (!found.ok) {
    log.warn('press by nobody who decides', { code: found.code })
    return { ok: false, sentence: sentenceForNobody[found.code] }
  }
  if (clockHolds) return found
  return { ok: false, sentence: sentenceFor('clock_out_of_range', { directory: bundle.directory }) }
}

const isUnknown = (found: Found): boolean => !found.ok && found.code === 'unknown'

type Options = Pick<EdgeOptions, 'bundle' | 'log'> & { links?: Linking }

/** To whoever has an account of the workspace that is nobody's: it may be theirs to say whose. */
const linkSentence = (address: string): string =>
  `Nothing was recorded, since your Slack account is linked to nobody here yet. Link it by logging in, within ten minutes: ${address} (it is for you alone: show it to nobody). Then try again.`

/** That this very delivery counts once, kept for longer than a copy of it could pass the guard. */
export const onceFor = ({ delivery }: Carried, value: string): OnceOnly => ({
  key: `SEEN#${delivery.key}`,
  value,
  expiresAt: delivery.freshUntil + 60,
})
