import type { Problem } from './file-shapes.ts'
import type { Folder } from './read-folder.ts'

/** Is each tool's token good at that tool alone? Its audience and its addresses are no other's, and none of Hotwork's own. */
export function checkToolsApart({ deployment: { value, document } }: Folder): Problem[] {
  const tools = Object.entries(value.tools)
  return tools.flatMap(([alias, { audience, addresses }], at) => {
    const before = tools.slice(0, at)
    const say = (path: (string | number)[], message: string, fix: string) =>
      document.report(['tools', alias, ...path], message, fix)
    const same = before.find(([, each]) => each.audience === audience)
    return [
      ...(isOwn(audience)
        ? [
            say(
              ['audience'],
              `\`${audience}\` may be Hotwork's own audience, so a token for AWS credentials would pass at the tool`,
              'give the tool an audience of its own, such as its address',
            ),
          ]
        : []),
      ...(same
        ? [say(['audience'], `tool \`${same[0]}\` has the audience \`${audience}\` too`, 'give each tool its own')]
        : []),
      ...addresses.flatMap((address, which) => {
        const other = before.find(([, each]) =>
          each.addresses.some((one) => within(one, address) || within(address, one)),
        )
        return other
          ? [
              say(
                ['addresses', which],
                `\`${address}\` is an address of tool \`${other[0]}\` too, or one lies within the other`,
                'give each tool addresses of its own',
              ),
            ]
          : []
      }),
    ]
  })
}

/** `{issuer}` is an address without a path, known when Hotwork is deployed: `{issuer}/aws` is the audience for AWS actions. */
const isOwn = (audience: string) =>
  audience.includes('{issuer}') || /^https?:\/\/[^/]+\/(?:aws|unknown)\/?$/i.test(audience)

/** Whether a gate that takes proofs for one address takes them for the other. */
function within(inner: string, outer: string): boolean {
  const plain = (address: string) => `${new URL(address).href.replace(/\/$/, '')}/`
  return plain(inner).startsWith(plain(outer))
}
