import { type LoopbackServer, listenOnLoopback, readText } from '../../client/loopback.ts'

/** A server for programs of this machine, and its bounds. */

let server: LoopbackServer
const seen: (string | undefined)[] = []
beforeEach(async () => {
  seen.length = 0
  const answer = async ({ body }: { body: string | undefined }) => {
    seen.push(body)
    if (body === 'break') throw new Error('secret')
    return { status: 200, body: {} }
  }
  server = await listenOnLoopback(answer, { most: () => 10 })
})
afterEach(() => server.close())

const post = (body: string | Buffer<ArrayBuffer>) => fetch(server.url, { method: 'POST', body })

test('a body that is too long or no text is answered, and not read to its end', async () => {
  for (const body of ['0123456789', '0123456789a', 'x'.repeat(5_000_000), Buffer.from([0xff])]) {
    const said = await post(body).catch(() => undefined)
    expect([undefined, 200]).toContain(said?.status)
  }
  expect(seen).toEqual(['0123456789', undefined, undefined, undefined])
})

test('a fault ends the connection, tells nothing, and the next call is answered', async () => {
  await expect(post('break')).rejects.toThrow('fetch failed')
  expect((await post('fine')).status).toBe(200)
})

test('a character in two chunks is read as one', async () => {
  const [one, two] = [Buffer.from([0xc3]), Buffer.from([0xa9])]
  const chunks = async function* () {
    yield* [one, two]
  }
  expect(await readText(chunks(), 2)).toBe('é')
  expect(await readText(chunks(), 1)).toBeUndefined()
})
