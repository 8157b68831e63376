// Rules: test/policies/bad-folder.test.ts
import { kinds as chatKinds } from '../../channels/kinds.ts'
import { kindOf } from '../../domain/people/identity-issuer.ts'
import { accountIdOf, chatsOf } from '../../domain/policy/bundle.ts'
import { known, type Say } from '../../domain/what-is-wrong.ts'
import { aliasedKinds, allKinds } from '../../targets/kinds.ts'
import { checkExpression } from './check-previews.ts'
import { partiesIn } from './check-references.ts'
import { mustBeIn, type Problem, problemsIn } from './json-document.ts'
import type { Folder } from './read-folder.ts'

type Deployment = Folder['deployment']['value']
type Login = NonNullable<Deployment['login']>

/** Checks that the names in the deployment file exist, and that separate entries share nothing. */
export function checkDeployment(folder: Folder): Problem[] {
  const { value, document } = folder.deployment
  return problemsIn(document, (say) => {
    checkToolsApart(value, say)
    checkTargetsApart(value, say)
    checkChatsApart(value, say)
    checkLogin(value, folder, say)
    checkTransmitters(value, say)
    checkSealed(value, folder, say)
    for (const [of, expression] of Object.entries(value.incidents?.show ?? {}))
      if (expression !== undefined) checkExpression(expression, ['incidents', 'show', of], say)
  }).concat(checkLiveTiers(folder))
}

/** A tier that depends on the incident service needs one. */
function checkLiveTiers({ ladder, deployment }: Folder): Problem[] {
  if (deployment.value.incidents) return []
  return problemsIn(ladder.document, (say) => {
    for (const [at, { tier, parentTask }] of ladder.value.tiers.entries())
      if (parentTask === 'live')
        say(
          ['tiers', at, 'parentTask'],
          `tier ${tier} requires a live parent task, and the deployment file has no incident service`,
          'add `incidents` to the deployment file, or take `parentTask` out',
        )
  })
}

/**
 * Checks that a tool's tokens are valid at that tool only: its audience and addresses are neither another tool's nor
 * Hotwork's own.
 */
function checkToolsApart({ tools: all }: Deployment, say: Say): void {
  const tools = Object.entries(all)
  tools.forEach(([alias, { audience, addresses, signals = [] }], at) => {
    const before = tools.slice(0, at)
    const path = ['tools', alias]
    if (isOwn(audience))
      say(
        [...path, 'audience'],
        `\`${audience}\` may be Hotwork's own audience, so a token for AWS credentials would pass at the tool`,
        'give the tool an audience of its own, such as its address',
      )
    const same = before.find(([, each]) => each.audience === audience)
    if (same)
      say([...path, 'audience'], `tool \`${same[0]}\` has the audience \`${audience}\` too`, 'give each tool its own')
    addresses.forEach((address, which) => {
      const other = before.find(([, each]) => each.addresses.some((one) => doOverlap(one, address)))
      if (other)
        say(
          [...path, 'addresses', which],
          `\`${address}\` is an address of tool \`${other[0]}\` too, or one lies within the other`,
          'give each tool addresses of its own',
        )
    })
    const others = tools.filter((_, which) => which !== at)
    signals.forEach((address, which) => {
      const other = others.find(([, each]) =>
        [...each.addresses, ...(each.signals ?? [])].some((one) => doOverlap(one, address)),
      )
      if (other)
        say(
          [...path, 'signals', which],
          `\`${address}\` is an address of tool \`${other[0]}\` too, or one lies within the other`,
          'have each tool told at an address of its own',
        )
    })
  })
}

/** Checks that a target's tokens are valid at that target only. */
function checkTargetsApart({ targets = {}, tools, issuers }: Deployment, say: Say): void {
  const all = Object.entries(targets)
  for (const [at, [alias, target]] of all.entries()) {
    const { audience } = target
    const apart = allKinds.find(({ id }) => id === target.kind)?.apart ?? []
    for (const member of apart) {
      const other = all.slice(0, at).find(([, each]) => each.kind === target.kind && each[member] === target[member])
      const message = `target \`${other?.[0]}\` has the ${member} \`${target[member]}\` too`
      if (other) say(['targets', alias, member], message, 'give each target its own')
    }
    if (typeof audience !== 'string') continue
    const path = ['targets', alias, 'audience']
    if (isOwn(audience)) say(path, `\`${audience}\` may be Hotwork's own audience`, 'give the target one of its own')
    const tool = Object.entries(tools).find(([, each]) => each.audience === audience)
    const issuer = Object.entries(issuers).find(([, each]) => canBe(each.audience, audience))
    const others = { tool: tool?.[0], issuer: issuer?.[0] }
    for (const [kind, other] of Object.entries(others))
      if (other !== undefined)
        say(path, `${kind} \`${other}\` has the audience \`${audience}\` too`, 'give the target one of its own')
  }
}

/** Each incoming message belongs to one chat: it names the workspace, and the secret of that chat's app signs it. */
function checkChatsApart(deployment: Deployment, say: Say): void {
  const chats = [...chatsOf(deployment)]
  for (const [at, [alias, chat]] of chats.entries())
    for (const member of chatKinds[chat.kind].apart) {
      const of = (each: { readonly [member: string]: unknown }) => each[member]
      const other = chats.slice(0, at).find(([, each]) => each.kind === chat.kind && of(each) === of(chat))
      if (other)
        say(
          ['chats', alias, member],
          `chat \`${other[0]}\` has \`${of(chat)}\` too`,
          'give each chat a workspace and an app of its own',
        )
    }
}

const doOverlap = (one: string, other: string): boolean => isWithin(one, other) || isWithin(other, one)

/**
 * The audience of a kind of target: `{issuer}` is an address without a path, known at the deployment, and
 * `{issuer}/aws` is the audience for AWS actions.
 */
const ofTargets = new RegExp(`^https?://[^/]+/(?:${[...aliasedKinds, 'unknown'].join('|')})/?$`, 'i')
const isOwn = (audience: string) => audience.includes('{issuer}') || ofTargets.test(audience)

function isWithin(inner: string, outer: string): boolean {
  const plain = (address: string) => `${new URL(address).href.replace(/\/$/, '')}/`
  return plain(inner).startsWith(plain(outer))
}

/** Checks that people log in at an OpenID provider on the list, and that a person of the directory can. */
function checkLogin({ login, issuers }: Deployment, { directory }: Folder, say: Say): void {
  if (!login) return
  const path = ['login', 'issuer']
  const { people } = directory.value
  const issuer = Object.hasOwn(issuers, login.issuer) ? issuers[login.issuer] : undefined
  if (!issuer) say(path, `\`${login.issuer}\` is not among the issuers`, known(Object.keys(issuers)))
  else if (issuer.kind !== undefined && issuer.kind !== 'oidc') {
    const message = `\`${login.issuer}\` is of kind \`${kindOf(issuer)}\`, where no person logs in`
    say(path, message, 'name an OpenID Connect issuer')
  } else if (!people.some(({ identities }) => identities.some((each) => each.issuer === login.issuer))) {
    const message = `no person in directory.json has an identity of \`${login.issuer}\``
    say(path, message, 'name the issuer of people')
  } else checkClients(login, issuer.issuer, issuers, say)
}

/** Checks that a transmitter names subjects that exist, for an audience that no token for the API has. */
function checkTransmitters({ transmitters = {}, issuers }: Deployment, say: Say): void {
  const isIssuer = mustBeIn(Object.keys(issuers), say)
  for (const [alias, { subjectsOf, audience }] of Object.entries(transmitters)) {
    const path = ['transmitters', alias]
    for (const [at, issuer] of subjectsOf.entries())
      isIssuer([...path, 'subjectsOf', at], issuer, `\`${issuer}\` is not among the issuers`)
    const other = Object.entries(issuers).find(([, each]) => each.audience === audience)
    if (other)
      say(
        [...path, 'audience'],
        `\`${audience}\` is the audience of issuer \`${other[0]}\` too`,
        `give it an audience of its own, such as \`{issuer}/v1/signals/${alias}\``,
      )
  }
}

/**
 * Checks the clients of logins. The audience of an ID token is the client (OpenID Connect Core section 2). If the API
 * had the same audience, an ID token would be a bearer token here, and readers of the ledger see ID tokens.
 */
function checkClients(login: Login, provider: string, issuers: Deployment['issuers'], say: Say): void {
  const clients: [path: string[], clientId: string][] = [[['login', 'clientId'], login.clientId]]
  if (login.commandLine) clients.push([['login', 'commandLine', 'clientId'], login.commandLine.clientId])
  for (const [path, clientId] of clients)
    for (const [alias, issuer] of Object.entries(issuers))
      if ('issuer' in issuer && issuer.issuer === provider && canBe(issuer.audience, clientId))
        say(
          path,
          `\`${clientId}\` is the audience of issuer \`${alias}\` too, so an ID token would pass for a token of the API`,
          `give \`${alias}\` an audience of its own, such as \`{issuer}/people\``,
        )
}

/** Whether an audience may equal this client once `{issuer}`, an address without a path, is known. */
function canBe(audience: string, clientId: string): boolean {
  const literal = (part: string) => part.replaceAll(/\W/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`)
  const pattern = audience.split('{issuer}').map(literal).join('https?://[^/]+')
  return audience === clientId || new RegExp(`^${pattern}$`, 'u').test(clientId)
}

/** Checks that each user of a sealed role is one person of the directory, and a user of that account. */
function checkSealed({ accounts }: Deployment, folder: Folder, say: Say): void {
  const isPerson = mustBeIn(partiesIn(folder).people, say)
  const users = new Map<string, string>()
  for (const [alias, { sealed, accountId }] of Object.entries(accounts))
    for (const [person, user] of Object.entries(sealed?.people ?? {})) {
      const path = ['accounts', alias, 'sealed', 'people', person]
      isPerson(path, person, `\`${person}\` is not in directory.json`)
      // This account's CloudTrail does not name users of other accounts.
      if (accountIdOf(user) !== accountId)
        say(path, `\`${user}\` is not a user of the account ${accountId}`, 'name an IAM user of the account itself')
      const other = users.get(user)
      if (other !== undefined && other !== person)
        say(path, `\`${user}\` is \`${other}\` too`, 'give each person a user of their own')
      users.set(user, person)
    }
}
