import { setTimeout as delay } from 'node:timers/promises'
import { act } from '../../../../examples/remediator/act.ts'
import { findBreak } from '../chain.ts'
import { finding, refusedByHotwork, refusedByIam } from '../findings.ts'
import type { World } from '../world.ts'
import type { BrokenGlass } from './break-glass.ts'

/** The minute is over: nobody ended it, everything of it is dead, it is not opened again at once, and somebody looks. */
export async function tellBreakGlassEnd(world: World, glass: BrokenGlass): Promise<void> {
  const { report, local, desk } = world
  const { jade, hana, emergency, id, accessToken, credentials, until: end } = glass
  const aws = { region: local.aws.region, endpoint: local.aws.endpointUrl }
  const { action } = world.example('prod-payment-timeout')
  await delay(Math.max(0, end - Date.now()))
  await report.expect('it has ended by itself: IAM refuses the credentials', () =>
    refusedByIam(() => act(action, aws, credentials)),
  )
  await report.expect('Hotwork gives no credentials for its token, and no new token', async () => {
    const byBroker = await refusedByHotwork(() => jade.awsCredentials(accessToken), { status: 401 })
    const byToken = await refusedByHotwork(() => jade.exchangeToken(id), {
      status: 400,
      code: 'invalid_authorization_details',
    })
    return finding(byBroker.held && byToken.held, `${byBroker.found}; ${byToken.found}`)
  })
  await report.expect('the card says so by itself, with what was done', async () => {
    const card = await desk.untilCard(id, ({ says }) => /ended/i.test(says))
    return finding(/by itself/.test(card.says), `"${card.says.slice(0, 200).trim()}..."`)
  })
  await report.expect('it cannot be made longer by opening it again: there is a time to cool down', () =>
    refusedByHotwork(
      () => jade.open({ ...emergency, reason: 'Payments time out once more, and it is the same repair.' }, 'strong'),
      { status: 409, code: 'cool_down' },
    ),
  )
  await report.expect('Jade cannot review it herself', () =>
    refusedByHotwork(() => jade.review(id, 'justified', 'it was me'), { status: 403 }),
  )
  await report.expect('Hana, of security, reads the record, and says that it was justified', async () => {
    const { review } = await hana.review(id, 'justified', 'Checkout was down, and the repair was the right one.')
    const entries = await hana.ledger(id)
    const broken = findBreak(id, entries)
    const held = review.status === 'done' && review.by === 'person:hana'
    const said = entries.map(({ type }) => type).join(', ')
    return finding(held && broken === undefined, broken ?? `${review.outcome} by ${review.by}; ${said}`)
  })
}
