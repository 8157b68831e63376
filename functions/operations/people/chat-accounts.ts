import { digestOf } from '../../domain/digest.ts'
import { chainEntries } from '../../domain/ledger/ledger.ts'
import {
  type LinkRefusal,
  link,
  offerSeconds,
  type SlackAccount,
  unlink,
  type Workspace,
} from '../../domain/people/linking.ts'
import type { Directory, Person } from '../../domain/people/organisation.ts'
import { type Digest, ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import type { Clock } from '../ports.ts'
import { recordRefusal, runAggregate } from '../requests/carry-out.ts'
import type { DecidingPorts } from '../requests/ports.ts'
import type { GroupSnapshots, PersonLinks, Secrets, SlackDirectory, UserGroups } from './ports.ts'

export type LinkPorts = Pick<DecidingPorts, 'requests' | 'ledger' | 'policy' | 'clock' | 'log'> & {
  links: PersonLinks
  slack: SlackDirectory
}

/** A person's own chain has few writers: themselves, in as many windows as they have. */
const attempts = 10

const codeKey = (code: string): Digest => digestOf('hotwork.link.v1', code)

/**
 * Makes the code of a link that Slack shows to one user alone. Whoever follows it and logs in is whom that account
 * belongs to, so it is good once, for ten minutes, and only its hash is kept.
 */
export async function offerLink(
  account: SlackAccount,
  { links, secrets, clock }: { links: PersonLinks; secrets: Secrets; clock: LinkPorts['clock'] },
): Promise<string> {
  const code = secrets.secret()
  await links.offer(codeKey(code), account, clock.now() + offerSeconds)
  return code
}

/** The account that a code is of, with what Slack calls it, while the code is good. */
export async function findOffer(
  code: string,
  { links, slack, clock }: Pick<LinkPorts, 'links' | 'slack' | 'clock'>,
): Promise<{ account: SlackAccount; name: string } | undefined> {
  const offer = await links.offered(codeKey(code))
  if (!offer || clock.now() >= offer.expiresAt) return undefined
  const standing = await slack.account(offer.account.user)
  return { account: offer.account, name: standing?.name ?? offer.account.user }
}

/** Links the account that a code is of to the person who is logged in, on the record of both: all of it or none. */
export async function linkSlack(
  { code, person }: { code: string; person: Person },
  ports: LinkPorts,
): Promise<Result<SlackAccount, LinkRefusal | 'unknown_code'>> {
  const { links, slack, policy, clock } = ports
  const key = codeKey(code)
  const offer = await links.offered(key)
  if (!offer || clock.now() >= offer.expiresAt) return refuse('unknown_code')
  const { account } = offer
  const standing = await slack.account(account.user)
  return runAggregate<Result<SlackAccount, LinkRefusal | 'unknown_code'>>(person.id, attempts, async () => {
    const [current, holder, expected] = await Promise.all([
      links.ofPerson(person.id),
      links.find(account.team, account.user),
      ports.ledger.head(person.id),
    ])
    const { people } = policy.bundle.directory
    const about = { account, standing, person, people, current, holder, bundle: policy.bundle.hash }
    const events = link(about, workspaceOf(ports), clock.now())
    if (typeof events === 'string') return refused(person, 'link', events, ports)
    const { entries, head } = chainEntries(person.id, expected, events, undefined)
    const unlinked = current && events.length > 1 ? { unlinked: current } : {}
    const saved = await links.save({
      person: person.id,
      expected,
      entries,
      head,
      code: key,
      ...(events.length > 0 ? { linked: account } : {}),
      ...unlinked,
    })
    if (saved) {
      ports.log.info('slack account linked', { person: person.id })
      return ok(account)
    }
    // The code may be what was taken meanwhile: then nothing is left to do here.
    return (await links.offered(key)) ? undefined : refuse('unknown_code')
  })
}

/** Ends what links the person who is logged in to their Slack account. */
export async function unlinkSlack(person: Person, ports: LinkPorts): Promise<Result<SlackAccount, LinkRefusal>> {
  const { links, policy, clock } = ports
  return runAggregate<Result<SlackAccount, LinkRefusal>>(person.id, attempts, async () => {
    const [current, expected] = await Promise.all([links.ofPerson(person.id), ports.ledger.head(person.id)])
    const event = unlink({ person: person.id, current, bundle: policy.bundle.hash }, clock.now())
    if (typeof event === 'string') return refused(person, 'unlink', event, ports)
    const { entries, head } = chainEntries(person.id, expected, [event], undefined)
    const saved = await links.save({ person: person.id, expected, entries, head, unlinked: event.account })
    if (!saved) return undefined
    ports.log.info('slack account unlinked', { person: person.id })
    return ok(event.account)
  })
}

const workspaceOf = ({ policy }: LinkPorts): Workspace => policy.bundle.deployment.slack

async function refused(person: Person, attempted: string, code: LinkRefusal, ports: LinkPorts) {
  await recordRefusal({ type: 'person', id: person.id }, attempted, 'not_permitted', ports)
  ports.log.warn('slack account not linked', { person: person.id, code })
  return refuse(code)
}

export type GroupPorts = {
  userGroups: UserGroups
  snapshots: GroupSnapshots
  links: Pick<PersonLinks, 'find'>
  clock: Clock
}

/**
 * Asks Slack who is in the user groups that the directory names, and keeps the answer whole: of all of them, or of none.
 * Only people of the directory count, by the account that it gives them or that they linked themselves. False where
 * somebody has kept a newer one.
 *
 * @throws BoardUnavailable when Slack does not say, StoreUnavailable: what was kept before grows old, and then is nothing
 */
export async function refreshSlackGroups(
  { people, slackGroups = {} }: Directory,
  teamId: string,
  { userGroups, snapshots, links, clock }: GroupPorts,
): Promise<boolean> {
  // Before Slack is asked: what it says is at least as old as the question.
  const at = clock.now()
  const known = new Map(people.flatMap(({ id, slack }) => (slack === undefined ? [] : [[slack, id] as const])))
  const personOf = async (user: string): Promise<PersonId | undefined> => known.get(user) ?? links.find(teamId, user)
  const groups = Object.entries(slackGroups).map(async ([group, id]) => {
    const members = await Promise.all((await userGroups.members(id)).map(personOf))
    return [group, members.filter((person) => person !== undefined)] as const
  })
  return snapshots.save({ groups: Object.fromEntries(await Promise.all(groups)), at })
}
