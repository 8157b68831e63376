// Rules: test/adapters/pager.test.ts
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { clamp, inert } from '../../domain/inert.ts'
import { rfc3339 } from '../../domain/values.ts'
import type { OpeningPage, Pager } from '../../operations/break-glass/ports.ts'
import { PagerUnavailable } from '../../operations/faults.ts'
import { asItself, bounded } from '../aws-client.ts'

/**
 * The default page hook: an SNS topic, to which a pager, an e-mail address or another system subscribes. A page names
 * the person and the resource but not the reason, since pages leave Hotwork and others store them.
 */
export class SnsPager implements Pager {
  readonly #topic: string
  readonly #client: SNSClient

  constructor(topic: string, client: SNSClient = asItself(new SNSClient(bounded(2, 2000)))) {
    this.#topic = topic
    this.#client = client
  }

  /** @throws PagerUnavailable */
  async page(page: OpeningPage): Promise<void> {
    const { event, id, drill } = page
    const attribute = (StringValue: string) => ({ DataType: 'String', StringValue })
    const publish = new PublishCommand({
      TopicArn: this.#topic,
      Subject: subjectOf(page),
      Message: messageOf(page),
      // Attributes for filters of subscribers: a drill should not wake people, and a pager closes an ended opening.
      MessageAttributes: { event: attribute(event), id: attribute(id), drill: attribute(String(drill)) },
    })
    await this.#client.send(publish).catch((cause: unknown) => {
      throw new PagerUnavailable(`the page of \`${id}\` was not sent`, { cause })
    })
  }
}

const events: { readonly [event in OpeningPage['event']]: string } = {
  opened: 'Break-glass opened',
  ended: 'Break-glass ended, to be reviewed',
  review_overdue: 'Break-glass review overdue',
}

/** At most 100 characters of ASCII, SNS's limit. */
const subjectOf = ({ event, person, what, drill }: OpeningPage): string =>
  `${drill ? 'DRILL: ' : ''}${events[event]}: ${what}, ${person}`.replace(/[^ -~]/g, '?').slice(0, 99)

const messageOf = ({ event, id, person, incident, what, environment, until, reviewDue, drill }: OpeningPage) =>
  [
    ...(drill ? ['This is a DRILL: nothing can be done with it.'] : []),
    `${events[event]}.`,
    `id: ${id}`,
    `person: ${person}`,
    `incident: ${clamp(inert(incident), 128).text}`,
    `what: ${clamp(inert(what), 128).text} in ${environment}`,
    `${event === 'opened' ? 'until' : 'ended'}: ${rfc3339(until)}`,
    ...(reviewDue === undefined ? [] : [`review due: ${rfc3339(reviewDue)}`]),
    `More: npx --no-install hotwork break-glass status ${id}`,
  ].join('\n')
