import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { enderOf, issuerOf, type Key, callMakerOf, readerOf } from '../../../functions/targets/toy/reach.ts'
import { synthesize } from '../../infra/support/assembly.ts'
import { resourcesOf } from '../../infra/support/template.ts'
import { World } from '../../support/world.ts'
import { type Fate, keepsPromises } from '../promises.ts'
import { bundleOfShop } from './shop.ts'

/** A shop as a program: it gives keys, ends them by their names, and refills shelves. */
async function openShop() {
  const keys = new Map<string, { [name: string]: string }>()
  const refills = new Set<string>()
  const fates: Fate[] = []
  let readable = true
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}')
    const answer = (status: number, told: object = {}) => response.writeHead(status).end(JSON.stringify(told))
    const fate = request.url === '/refills' ? fates.shift() : undefined
    if (fate === 'refused') return answer(422)
    if (fate === 'outdated') return answer(412)
    if (fate === 'call_lost') return request.socket.destroy()
    if (request.url === '/keys') {
      const key = `key-${keys.size + 1}`
      keys.set(key, body.names)
      return answer(201, { key })
    }
    if (request.url === '/keys/end') {
      const ended = [...keys].filter(([, names]) => names[body.by] === body.value)
      for (const [key] of ended) keys.delete(key)
      return answer(ended.length > 0 ? 204 : 404)
    }
    if (request.url?.startsWith('/refills/')) {
      if (!readable) return request.socket.destroy()
      return answer(refills.has(request.url.slice('/refills/'.length)) ? 200 : 404)
    }
    refills.add(body.credential)
    return fate === 'answer_lost' ? request.socket.destroy() : answer(201)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    ...{ keys, refills, fates, address: `http://127.0.0.1:${port}` },
    setReadable: (can: boolean) => {
      readable = can
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const shops: { close(): void }[] = []
afterEach(() => {
  for (const shop of shops.splice(0)) shop.close()
})

keepsPromises<Key>('toy', async () => {
  const shop = await openShop()
  shops.push(shop)
  const world = new World(bundleOfShop(shop.address))
  const what = (action: string) => ({
    ...{ action, arguments: { shelf: 'bears' } },
    resource: { type: 'toy:shelf', id: `${shop.address}/bears` },
  })
  const maker = callMakerOf(world)
  // No server listens there.
  const closed = callMakerOf({ policy: { bundle: bundleOfShop('http://127.0.0.1:2') } })
  return {
    ...{ world, own: what('toys:Open'), mediated: what('toys:Refill') },
    reach: {
      ...{ ...issuerOf(world), ...maker, ...enderOf(world), kind: 'toy' },
      make: (...asked) => (shop.fates[0] === 'not_sent' && shop.fates.shift() ? closed : maker).make(...asked),
    },
    next: (fate) => void shop.fates.push(fate),
    done: () => shop.refills.size,
    setReadable: shop.setReadable,
    works: ({ key }) => shop.keys.has(key),
    forget: ({ key }) => void shop.keys.delete(key),
    failingRead() {
      shop.close()
      const entry = world.policy.bundle.actions['toys:Open']
      if (!entry) throw new Error('no such action')
      const ask = { action: 'toys:Look', arguments: {}, absent: [], signal: AbortSignal.timeout(5000) }
      return readerOf(world).read(ask, entry)
    },
  }
})

describe('the stack', () => {
  test('has a function and a role for each verb of the kind, a queue for what ends, and its doors', () => {
    const { hotwork } = synthesize()
    const told = resourcesOf(hotwork, 'AWS::Lambda::Function').flatMap(([, { Properties }]) => {
      const [, name = ''] = /^Hotwork ([\w-]*toy[\w-]*)$/.exec(String(Properties['Description'])) ?? []
      return name === '' ? [] : [{ name, role: JSON.stringify(Properties['Role']) }]
    })
    expect(told.map(({ name }) => name).sort()).toEqual(['call-toy', 'end-toy-keys', 'issue-toy-keys'])
    expect(new Set(told.map(({ role }) => role)).size).toBe(3)
    const routes = resourcesOf(hotwork, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => Properties['RouteKey'])
    expect(routes).toEqual(expect.arrayContaining(['POST /toy/credentials', 'POST /toy/calls']))
    const variables = resourcesOf(hotwork, 'AWS::Lambda::Function').flatMap(([, { Properties }]) =>
      Object.keys(Object(Object(Properties['Environment']).Variables)),
    )
    expect(variables).toEqual(expect.arrayContaining(['TOY_DENIES_QUEUE', 'TOY_CALLS_FUNCTION']))
    const sending = resourcesOf(hotwork, 'AWS::Lambda::Function').flatMap(([, { Properties }]) =>
      'TOY_DENIES_QUEUE' in Object(Object(Properties['Environment']).Variables)
        ? [String(Properties['Description'])]
        : [],
    )
    expect(sending.sort()).toEqual(['Hotwork hand-on', 'Hotwork sweep-overdue'])
  }, 240_000)
})
