import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { act, withCredentials } from '../../../../examples/remediator/act.ts'
import type { AwsCredentials } from '../../../../examples/remediator/wire.ts'
import { readParameter } from '../administrator.ts'
import { finding, refusedByHotwork, refusedByIam } from '../findings.ts'
import { type Emergency, Responder } from '../responder.ts'
import type { World } from '../world.ts'

/** What is open when the chapter is told, and ends by itself while others are. */
export interface BrokenGlass {
  jade: Responder
  hana: Responder
  emergency: Emergency
  id: string
  accessToken: string
  credentials: AwsCredentials
  /** Milliseconds since 1970. */
  until: number
}

/** Somebody on call opens, for a minute, what policy lets them open, with nobody asked first. */
export async function tellBreakGlass(world: World): Promise<BrokenGlass> {
  const { report, person, local, desk } = world
  const aws = { region: local.aws.region, endpoint: local.aws.endpointUrl }
  const jade = await Responder.connect(local.apiUrl, person('person:jade'))
  const hana = await Responder.connect(local.apiUrl, person('person:hana'))
  const emergency = {
    profile: 'checkout-recovery',
    reason: 'Payments time out and no owner answers the phone: setting the timeout back to three seconds.',
    incident: 'INC-4830',
    minutes: 1,
  }
  await report.expect('Jade is on call; a usual login is too weak to break the glass', () =>
    refusedByHotwork(() => jade.open(emergency), { status: 401, code: 'insufficient_user_authentication' }),
  )
  await report.expect('a reason that is none is refused', () =>
    refusedByHotwork(() => jade.open({ ...emergency, reason: 'fix it' }, 'strong'), { status: 400 }),
  )
  const began = Date.now()
  const opened = await report.expect('with a stronger one it is open at once, and nobody was asked', async () => {
    const opened = await jade.open(emergency, 'strong')
    report.latency('break-glass to open', Date.now() - began)
    const { id, not_after, review, budget_left_minutes } = opened
    const held = id.startsWith('bgl_') && review.status === 'due'
    return finding(
      held,
      `${id} until ${not_after}, ${budget_left_minutes} min of budget left, review due ${review.due_at}`,
      opened,
    )
  })
  const { id } = opened
  await report.expect('everybody sees it: a loud card in the channel says who, why, what and until when', async () => {
    const card = await desk.untilCard(id, ({ says }) => says.includes(emergency.reason))
    report.latency('break-glass to card', card.postedAt - began)
    return finding(/Jade Jones/.test(card.says), `"${card.says.slice(0, 160).trim()}..."`)
  })
  await report.expect('a second opening is refused while this one lives: no window is longer than its own', () =>
    refusedByHotwork(() => jade.open({ ...emergency, reason: `${emergency.reason} Again.` }, 'strong'), {
      status: 409,
      code: 'already_open',
    }),
  )
  const { action } = world.example('prod-payment-timeout')
  const [accessToken, credentials] = await report.expect(
    'Jade gets AWS credentials of her own, bound to her key, and puts the parameter right',
    async () => {
      const { access_token } = await jade.exchangeToken(id)
      const credentials = await jade.awsCredentials(access_token)
      await act(action, aws, credentials)
      const value = await readParameter(local.aws, String(action.properties['Name']))
      const held =
        value === action.properties['Value'] && Date.parse(credentials.Expiration) <= Date.parse(opened.not_after)
      return finding(
        held,
        `the parameter is ${value}; the credentials end at ${credentials.Expiration}, not after the opening`,
        [access_token, credentials] as const,
      )
    },
  )
  await report.expect('IAM refuses them what the profile does not name', () => {
    const ssm = new SSMClient(withCredentials(aws, credentials))
    return refusedByIam(() => ssm.send(new DeleteParameterCommand({ Name: String(action.properties['Name']) })))
  })
  report.note('It ends by itself, in a minute. Nobody waits for that: other chapters come first.')
  return { jade, hana, emergency, id, accessToken, credentials, until: Date.parse(opened.not_after) }
}
