// Rules: test/infra/least-privilege.test.ts
import { Construct } from 'constructs'
import { grantAsk } from './agent-endpoints.ts'
import { grantReadTrail, type ReadingGround } from './break-glass.ts'
import type { Ground } from './ground.ts'
import type { HostLooker } from './host-looker.ts'
import type { HotworkFunction } from './hotwork-function.ts'

export class PeopleEndpoints extends Construct {
  /** It retires agents too, whose grants end then. */
  readonly recertify: HotworkFunction

  constructor(scope: Construct, id: string, ground: ReadingGround & { hosts: HostLooker }) {
    super(scope, id)
    const { reading, make } = ground
    reading.grant(make(this, 'decide-request'))
    this.#makeReads(ground)
    this.recertify = this.#makeAgents(ground)
    this.#makeErasure(ground)
    this.#makePages(ground)
  }

  #makeReads({ anchor, tables, calls, make }: ReadingGround): void {
    const { requests, ledger } = tables
    const readRequests = make(this, 'read-requests')
    requests.grantRead(readRequests)
    requests.grantSearch(readRequests)
    requests.grantFind(readRequests, 'open')
    ledger.grantSearch(readRequests)
    calls.grantAsk(readRequests)
    anchor.grantFind(readRequests)
    // The form of a standing permit shows what it would have covered.
    requests.grantFind(make(this, 'give-permit'), 'by-agent')
  }

  /** Agents and other subjects of recertification: their readers may not recertify. */
  #makeAgents({ tables, hosts, make }: Ground & { hosts: HostLooker }): HotworkFunction {
    const readAgents = make(this, 'read-agents')
    tables.requests.grantFind(readAgents, 'by-agent', 'by-status')
    hosts.grantAsk(readAgents)
    const recertify = make(this, 'recertify')
    tables.requests.grantFind(recertify, 'by-agent')
    return recertify
  }

  /** The one role that may delete data. */
  #makeErasure({ tables, make }: Ground): void {
    const eraseTexts = make(this, 'erase-texts')
    tables.texts.grantErase(eraseTexts)
    tables.requests.grantFind(eraseTexts, 'by-status')
    tables.ledger.grantRead(eraseTexts)
  }

  /** One function for each right: a page that shows cannot decide, and the login writes no entry. */
  #makePages(ground: ReadingGround): void {
    const { anchor, reading, tables, make } = ground
    const showPages = make(this, 'show-pages')
    grantReadTrail(showPages, ground)
    tables.requests.grantSearch(showPages)
    tables.requests.grantFind(showPages, 'open')
    anchor.grantFind(showPages)
    reading.grant(make(this, 'decide-on-page'))
    grantAsk(make(this, 'ask-on-page'), ground)
    tables.requests.grantRead(make(this, 'log-in'))
  }
}
