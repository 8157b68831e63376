import type { Post } from '../../functions/adapters/standard-webhooks/post.ts'
import { SignedWebhooks } from '../../functions/adapters/standard-webhooks/webhooks.ts'
import { eventsOfHalts } from '../../functions/domain/events/decision-events.ts'
import type { Halt } from '../../functions/domain/halts/halt.ts'
import { runPython } from './support/python.ts'

jest.setTimeout(240_000)

test("the reference library of Standard Webhooks, in Python, verifies ours by either of two secrets, and refuses another's", async () => {
  const sent: Parameters<Post>[1][] = []
  const [secret, older] = [0, 1].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`) as [string, string]
  const webhooks = new SignedWebhooks({
    secretsOf: () => Promise.resolve([secret, older]),
    post: (_url, message) => {
      sent.push(message)
      return Promise.resolve({ status: 200, text: undefined })
    },
    clock: { now: () => Math.floor(Date.now() / 1000) },
  })
  const halt = {
    id: `hlt_${'0'.repeat(26)}`,
    target: { kind: 'all', value: 'all' },
    reason: '',
    by: 'person:ana',
    at: 5,
  }
  const [event] = eventsOfHalts([], [halt as unknown as Halt])
  if (!event) throw new Error('no event')
  await webhooks.send({ id: 'agent:builder', url: '' }, event)
  for (const one of [secret, older]) {
    expect(await runPython('verify_webhook.py', { secret: one, ...sent[0] })).toMatchObject({
      event: { type: 'halt.declared', data: { id: event.id, halt: halt.id } },
      forged: 'refused',
    })
  }
})
