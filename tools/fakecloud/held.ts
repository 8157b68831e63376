import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Messages of SQS that a Lambda holds back. fakecloud 0.51.0 gives a Lambda no receipt handle, counts what it received
 * from 0, and gives again at once what the Lambda left: so a message's id is its handle here, and lambda.ts keeps it
 * back.
 */
type Held = { until: number; received: number }

const fileOf = (containers: string, id: string): string => {
  if (!/^[0-9a-f-]{36}$/.test(id)) throw new Error(`no message ${id}`)
  return join(containers, 'held', id)
}

function read(containers: string, id: string): Held {
  const file = fileOf(containers, id)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Held) : { until: 0, received: 0 }
}

function write(containers: string, id: string, held: Held): void {
  const file = fileOf(containers, id)
  mkdirSync(join(containers, 'held'), { recursive: true })
  writeFileSync(`${file}.new`, JSON.stringify(held))
  renameSync(`${file}.new`, file)
}

export function hold(containers: string, id: string, seconds: number): void {
  write(containers, id, { ...read(containers, id), until: Date.now() + seconds * 1000 })
}

type Message = { eventSource: string; messageId: string; attributes: { [name: string]: string } }

/** The event in AWS's form, and the ids of messages that are held back. */
export function received(
  containers: string,
  event: { Records?: Message[] } | null,
): { event: unknown; later: string[] } {
  const records = event?.Records ?? []
  if (!records.some(({ eventSource }) => eventSource === 'aws:sqs')) return { event, later: [] }
  const later = records.map(({ messageId }) => messageId).filter((id) => read(containers, id).until > Date.now())
  const now = records.filter(({ messageId }) => !later.includes(messageId))
  const Records = now.map((record) => {
    const { messageId, attributes } = record
    const held = read(containers, messageId)
    const times = held.received + 1
    write(containers, messageId, { ...held, received: times })
    return { ...record, receiptHandle: messageId, attributes: { ...attributes, ApproximateReceiveCount: `${times}` } }
  })
  return { event: { Records }, later }
}
