// Rules: test/local/demo-options.test.ts
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { AwsCredentials } from '../../../functions/domain/cards/wire/task.ts'
import { act, withCredentials } from '../act.ts'
import { findBreak } from '../chain.ts'
import { finding, refused, refusedByIam, untilDead } from '../findings.ts'
import type { OpeningTerms, Person } from '../person.ts'
import { readParameter, type World } from '../world.ts'

/** `until`: Unix milliseconds. */
type LiveOpening = { opener: Person; terms: OpeningTerms; id: string; until: number } & Issued
type Issued = { accessToken: string; credentials: AwsCredentials }

export async function tellBreakGlass(world: World): Promise<void> {
  const kofi = world.person('person:kofi')
  const reason = 'Payments time out and no owner answers the phone: setting the timeout back to three seconds.'
  const opening = await tellOpening(world, kofi, reason)
  const since = await world.report.expect('Kofi has repaired it, and ends the opening himself', async () => {
    const began = Date.now()
    await kofi.end(opening.id)
    return finding(true, `ended ${Math.round((opening.until - began) / 1000)} s before its time`, began)
  })
  const again = { ...opening.terms, reason: `${reason} It is the same repair.` }
  await world.report.expect('it cannot be made longer by opening it again: there is a time to cool down', () =>
    refused('409 cool_down', () => kofi.open(again, 'strong')),
  )
  await tellEnded(world, opening, /ended/i)
  await world.report.expect('ended: IAM refuses the credentials', () =>
    untilDead(world.report, { latency: 'break-glass end to refusal by IAM', since }, () => repair(world, opening)),
  )
}

async function tellOpening(world: World, opener: Person, reason: string): Promise<LiveOpening> {
  const { report, local, aws, desk } = world
  const { name } = opener
  const terms = { profile: 'checkout-recovery', reason, incident: 'INC-4830', minutes: 1 }
  await report.expect(`${name} is on call; a usual login is too weak for break-glass`, () =>
    refused('401 insufficient_user_authentication', () => opener.open(terms)),
  )
  await report.expect('a reason that explains nothing is refused', () =>
    refused('400', () => opener.open({ ...terms, reason: 'fix it' }, 'strong')),
  )
  const began = Date.now()
  const opened = await report.expect('with a stronger one it is open at once, and no person was asked', async () => {
    const opened = await opener.open(terms, 'strong')
    report.latency('break-glass to open', Date.now() - began)
    const { id, not_after, review, budget_left_minutes } = opened
    const held = id.startsWith('bgl_') && review.status === 'due'
    const left = `${budget_left_minutes} min of budget left, review due ${review.due_at}`
    return finding(held, `${id} until ${not_after}, ${left}`, opened)
  })
  const { id } = opened
  await report.expect('a loud card in the channel says who opened what, why and until when', async () => {
    const card = await desk.untilCard(id, ({ says }) => says.includes(reason))
    report.latency('break-glass to card', card.postedAt - began)
    return finding(card.says.includes(name), `"${card.says.slice(0, 160).trim()}..."`)
  })
  await report.expect('a second opening is refused while this one lives: none lasts longer than its own time', () =>
    refused('409 already_open', () => opener.open({ ...terms, reason: `${reason} Again.` }, 'strong')),
  )
  const { Name, Value } = world.example('prod-payment-timeout').action.properties
  const live = await report.expect(
    `${name} gets AWS credentials, bound to a key of their own, and repairs it`,
    async () => {
      const accessToken = (await opener.exchangeToken(id)).access_token
      const credentials = await opener.awsCredentials(accessToken)
      const live = { opener, terms, id, accessToken, credentials, until: Date.parse(opened.not_after) }
      await repair(world, live)
      const value = await readParameter(local, Name)
      const held = value === Value && Date.parse(credentials.Expiration) <= live.until
      const ends = `the credentials end at ${credentials.Expiration}, not after the opening`
      return finding(held, `the parameter is ${value}; ${ends}`, live)
    },
  )
  await report.expect('IAM refuses them what the profile does not name', () => {
    const ssm = new SSMClient(withCredentials(aws, live.credentials))
    return refusedByIam(() => ssm.send(new DeleteParameterCommand({ Name: String(Name) })))
  })
  return live
}

const repair = ({ aws, example }: World, { credentials }: Pick<Issued, 'credentials'>) =>
  act(example('prod-payment-timeout').action, aws, credentials)

async function tellEnded(world: World, opening: LiveOpening, onTheCard: RegExp): Promise<void> {
  const { report, desk } = world
  const { opener, id, accessToken } = opening
  const hana = world.person('person:hana')
  await report.expect('Hotwork gives no credentials for its token, and no new token', async () => {
    const byBroker = await refused('401', () => opener.awsCredentials(accessToken))
    const byToken = await refused('400', () => opener.exchangeToken(id), /^400 (completed|expired):/)
    return finding(byBroker.held && byToken.held, `${byBroker.found}; ${byToken.found}`)
  })
  await report.expect('the card says that it has ended', async () => {
    const card = await desk.untilCard(id, ({ says }) => onTheCard.test(says))
    return finding(true, `"${card.says.slice(0, 200).trim()}..."`)
  })
  await report.expect(`${opener.name} cannot review what they opened`, () =>
    refused('403', () => opener.review(id, 'justified', 'it was me')),
  )
  await report.expect('Hana, of security, reads the record, and says that it was justified', async () => {
    const { review } = await hana.review(id, 'justified', 'Checkout was down, and the repair was the right one.')
    const entries = await hana.ledger(id)
    const broken = findBreak(id, entries)
    const held = review.status === 'done' && review.by === hana.id && broken === undefined
    const said = entries.map(({ type }) => type).join(', ')
    return finding(held, broken ?? `${review.outcome} by ${review.by}; ${said}`)
  })
}
