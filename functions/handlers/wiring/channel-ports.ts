// Rules: test/infra/lambdas.test.ts
import { DynamoBurstStore, DynamoCardStore } from '../../adapters/dynamodb/card-store.ts'
import { type Connection, connect, hurried } from '../../adapters/dynamodb/client.ts'
import { DynamoHaltStore } from '../../adapters/dynamodb/halt-store.ts'
import { DynamoLedgerStore } from '../../adapters/dynamodb/ledger-store.ts'
import { DynamoPermitStore } from '../../adapters/dynamodb/permit-store.ts'
import { DynamoPersonLinks } from '../../adapters/dynamodb/person-links.ts'
import { DynamoRequestStore } from '../../adapters/dynamodb/request-store.ts'
import { DynamoStandInStore } from '../../adapters/dynamodb/stand-in-store.ts'
import { DynamoTextStore } from '../../adapters/dynamodb/text-store.ts'
import type { hurriedSecrets } from '../../adapters/secretsmanager/secrets.ts'
import { SystemSecrets } from '../../adapters/system/system.ts'
import type { Written } from '../../channels/core.ts'
import type { ChatAccount } from '../../domain/people/linking.ts'
import { placesIn } from '../../operations/credentials/place.ts'
import { offerLink } from '../../operations/people/chat-accounts.ts'
import { refreshGroups } from '../../operations/people/refresh-groups.ts'
import { type Reads, type Stores, type Told, tablesOf } from '../environment.ts'
import { doorsOf, groupPorts } from './chats.ts'
import { portsWithAnswers } from './policy.ts'
import { ofAClick, withReader } from './reader.ts'

/** Variables of the Lambda that receives people's acts in a chat. */
export type Receiving = 'ISSUER' | Stores | 'TEXTS_TABLE' | Reads | 'CHAT_SECRETS' | 'CARDS_TABLE' | 'TARGET_ROLES'

/**
 * Ports of the Lambda that receives people's acts in a chat.
 * @param client the client of secrets
 */
export function receivingPorts(told: Told<Receiving>, client: ReturnType<typeof hurriedSecrets>) {
  const texts = new DynamoTextStore(connect(hurried), told.TEXTS_TABLE)
  const ports = { ...withReader(told, portsWithAnswers(told, hurried), ofAClick), texts }
  const [connection, tables] = [connect(hurried), tablesOf(told)]
  const stores = (to: Connection): Written => ({
    requests: new DynamoRequestStore(to, tables),
    ledger: new DynamoLedgerStore(to, tables),
    permits: new DynamoPermitStore(to, tables),
    standIns: new DynamoStandInStore(to, tables),
    halts: new DynamoHaltStore(to, tables),
  })
  const { bundle } = ports.policy
  const links = new DynamoPersonLinks(connection, tables)
  const groups = groupPorts(tables, doorsOf(told, { ...ports, bundle }, client), { ...ports, bundle }, hurried)
  return {
    ...ports,
    cards: new DynamoCardStore(connection, told.CARDS_TABLE),
    bursts: new DynamoBurstStore(connection, told.CARDS_TABLE),
    ...stores(connection),
    inTime: (mayStart: () => boolean) => stores({ ...connection, mayStart }),
    targetRoles: placesIn(bundle, told.TARGET_ROLES),
    refreshGroups: () => refreshGroups(bundle.directory, groups),
    links: {
      find: ({ team, user }: ChatAccount) => links.find(team, user),
      offer: async (account: ChatAccount) =>
        `${told.ISSUER}/link?code=${await offerLink(account, { links, secrets: new SystemSecrets(), clock: ports.clock })}`,
    },
  }
}
