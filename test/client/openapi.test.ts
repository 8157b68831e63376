import { Life, withExamples } from '../support/openapi/life.ts'
import { useScene } from './support/scene.ts'

/** The examples of the OpenAPI document, sent to the deployed handlers. */

const scene = useScene()
const clients = { 'agent:remediator': 'agent-remediator', 'tool:flag-service': 'tool-flag-service' } as const
let life: Life
beforeEach(() => {
  life = new Life({
    issuer: scene.api.url,
    flags: 'https://flags.example.org/flags',
    token: async (caller) =>
      caller.startsWith('person:')
        ? scene.token(caller.slice('person:'.length))
        : scene.workload(clients[caller as keyof typeof clients]),
  })
})
const sent = new Set<string>()
afterEach(() => {
  for (const id of life.sent) sent.add(id)
  expect(life.differences).toEqual([])
})

test('the life of a request is as documented', async () => {
  await life.ofPeople(await life.ofRequest())
})

test('the life of a stream is as documented', async () => {
  await life.ofStream('https://flags.example.org/flags/events')
})

test('the life of an opening is as documented', async () => {
  await life.ofOpening()
})

test('the public documents are as documented, and name the issuer as their server', async () => {
  expect((await life.ofMetadata()).servers).toEqual([{ url: scene.api.url }])
})

test('every example was sent, except those that the sample cannot meet', () => {
  expect(withExamples.filter((id) => !sent.has(id))).toEqual([
    // They need a group with a date, an overdue review, and a secret of the incident service.
    ...['recertify', 'vouch', 'hearOfIncident'],
  ])
})
