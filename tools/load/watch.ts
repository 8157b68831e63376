import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { clientSettings } from '../../local/emulator.ts'
import type { Local } from '../../local/local-file.ts'

/**
 * A queue at one look: its messages, waiting or in flight, and the time since it was last empty (the most its age can
 * be).
 */
export type QueueSeen = { name: string; messages: number; age: number; dead: boolean }

/** Watches every queue of a deployment. */
export class QueueWatch {
  readonly #sqs: SQSClient
  readonly #prefix: string
  readonly #busySince = new Map<string, number>()
  #urls: readonly string[] | undefined

  constructor({ aws }: Local) {
    this.#sqs = new SQSClient(clientSettings(aws))
    this.#prefix = `${aws.stackName}-`
  }

  async look(): Promise<QueueSeen[]> {
    this.#urls ??=
      (await this.#sqs.send(new ListQueuesCommand({ QueueNamePrefix: this.#prefix, MaxResults: 1000 }))).QueueUrls ?? []
    const now = Date.now()
    return Promise.all(this.#urls.map((url) => this.#lookAt(url, now)))
  }

  async #lookAt(QueueUrl: string, now: number): Promise<QueueSeen> {
    const { Attributes } = await this.#sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
    const counts: { readonly [name: string]: string | undefined } = Attributes ?? {}
    const count = (name: string) => Number(counts[`ApproximateNumberOfMessages${name}`] ?? 0)
    const messages = count('') + count('NotVisible') + count('Delayed')
    if (messages === 0) this.#busySince.delete(QueueUrl)
    else if (!this.#busySince.has(QueueUrl)) this.#busySince.set(QueueUrl, now)
    const name = (QueueUrl.split('/').at(-1) as string).slice(this.#prefix.length).replace(/Queue[0-9A-F]{8}.*$/, '')
    const dead = /DeadLetters/.test(QueueUrl)
    return { name, messages, age: (now - (this.#busySince.get(QueueUrl) ?? now)) / 1000, dead }
  }

  close(): void {
    this.#sqs.destroy()
  }
}
