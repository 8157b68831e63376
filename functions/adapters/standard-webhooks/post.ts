// Rules: test/adapters/events/webhooks.test.ts
import { lookup } from 'node:dns'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { ReceiverUnavailable } from '../../operations/faults.ts'
import { readText } from '../fetch-limits.ts'

/**
 * Sends one POST without following redirects. `reads` returns the number of bytes of the body to read for a status;
 * `text` is undefined if the body has more.
 * @throws ReceiverUnavailable
 */
export type Post = (
  url: string,
  message: { headers: { readonly [name: string]: string }; body: string; reads?: (status: number) => number },
) => Promise<{ status: number; text: string | undefined }>

/** Networks of internal addresses (RFC 6890): this machine, its link and its private networks. */
const inside = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  inside.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  inside.addSubnet(network, bits, 'ipv6')

export const isInside = (address: string): boolean => inside.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** Checks the address that the connection then uses, so that the name cannot resolve to another one in between. */
const lookupOutside: LookupFunction = (host, options, callback) =>
  lookup(host, { ...options, all: true }, (fault, found) => {
    if (fault) return callback(fault, [])
    if (found.some(({ address }) => isInside(address)))
      return callback(new ReceiverUnavailable('its name resolves to a private network'), [])
    const [first] = found
    return options.all ? callback(null, found) : callback(null, first?.address ?? '', first?.family)
  })

/**
 * @param inside true if addresses on this machine may be called, which is where Hotwork itself runs locally
 * @param patience milliseconds
 */
export const makePost =
  ({ inside: mayStay, patience = 5000 }: { inside: boolean; patience?: number }): Post =>
  (url, { headers, body, reads }) =>
    new Promise((resolve, reject) => {
      const { protocol, hostname } = new URL(url)
      const fail = (cause: unknown) => reject(new ReceiverUnavailable('a receiver did not answer', { cause }))
      // Node looks up no name for an address in the URL, so it is checked here.
      const literal = hostname.replace(/^\[|\]$/g, '')
      if (!mayStay && isIP(literal) !== 0 && isInside(literal)) return fail(new Error('a private network'))
      const request = protocol === 'https:' ? requestHttps : requestHttp
      request(
        url,
        {
          method: 'POST',
          headers: { ...headers, 'content-length': Buffer.byteLength(body), 'user-agent': 'hotwork' },
          signal: AbortSignal.timeout(patience),
          agent: false,
          ...(!mayStay && { lookup: lookupOutside }),
        },
        (response) => {
          const status = response.statusCode ?? 0
          const most = reads?.(status) ?? 0
          if (most > 0) readText({ body: response }, most).then((text) => resolve({ status, text }), fail)
          else {
            resolve({ status, text: undefined })
            response.on('error', () => {}).destroy()
          }
        },
      )
        .on('error', fail)
        .end(body)
    })
