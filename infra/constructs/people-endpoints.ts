import { Construct } from 'constructs'
import { grantReadEvidence, type ReadingGround } from './break-glass.ts'
import type { Ground } from './ground.ts'
import type { HostLooker } from './host-looker.ts'
import { tellTargets } from './target-roles.ts'

export class PeopleEndpoints extends Construct {
  constructor(scope: Construct, id: string, ground: ReadingGround & { hosts: HostLooker }) {
    super(scope, id)
    this.#makeDecisions(ground)
    this.#makeHalts(ground)
    this.#makeReads(ground)
    this.#makeAgents(ground)
    this.#makeErasure(ground)
    this.#makePages(ground)
  }

  #makeDecisions({ api, reading, make }: Ground): void {
    const decideRequest = make(this, 'decide-request')
    reading.grant(decideRequest)
    api.route(decideRequest, 'POST /v1/requests/{id}/decisions')
    api.routeAs('own', make(this, 'revoke-request'), 'POST /v1/requests/{id}/revoke')
    api.route(make(this, 'give-permit'), 'POST /v1/requests/{id}/standing-permits')
    api.route(make(this, 'revoke-permit'), 'DELETE /v1/standing-permits/{id}')
    api.route(make(this, 'give-stand-in'), 'POST /v1/stand-ins')
    api.route(make(this, 'end-stand-in'), 'DELETE /v1/stand-ins/{id}')
  }

  #makeHalts({ api, roles, make }: Ground): void {
    const declareHalt = make(this, 'declare-halt')
    tellTargets(declareHalt, roles)
    api.routeAs('own', declareHalt, 'POST /v1/halts', 'POST /halts')
    api.routeAs('own', make(this, 'lift-halt'), 'DELETE /v1/halts/{id}', 'POST /halts/{id}')
    api.routeAs('own', make(this, 'receive-signal'), 'POST /v1/signals/{transmitter}')
  }

  #makeReads({ anchor, api, tables, calls, make }: ReadingGround): void {
    const { requests, ledger } = tables
    const readRequests = make(this, 'read-requests')
    requests.grantRead(readRequests)
    requests.grantSearch(readRequests)
    requests.grantFind(readRequests, 'open')
    ledger.grantSearch(readRequests)
    calls.grantAsk(readRequests)
    anchor.grantFind(readRequests)
    api.route(
      readRequests,
      'GET /v1/me',
      'GET /v1/groups',
      'GET /v1/requests',
      'GET /v1/requests/{id}',
      'GET /v1/requests/{id}/actual',
      'GET /v1/requests/{id}/ledger',
      'GET /v1/requests/{id}/timeline.svg',
      'GET /v1/agents/{id}/usage',
      'GET /v1/ledger',
      'GET /v1/ledger/{aggregate}',
      'GET /v1/bundles/{hash}',
      'GET /v1/halts',
      'GET /v1/stand-ins',
      'GET /v1/standing-permits',
    )
  }

  /** Agents and what else is recertified: who reads them may not recertify. */
  #makeAgents({ api, tables, hosts, make }: Ground & { hosts: HostLooker }): void {
    const readAgents = make(this, 'read-agents')
    tables.requests.grantFind(readAgents, 'by-agent', 'by-status')
    tables.ledger.tell(readAgents)
    hosts.grantAsk(readAgents)
    api.route(readAgents, 'GET /v1/agents', 'GET /v1/agents/{id}', 'GET /v1/{kind}/{id}/recertification')
    const recertify = make(this, 'recertify')
    tables.requests.grantFind(recertify, 'by-agent')
    api.route(
      recertify,
      'POST /agents/{id}',
      'POST /v1/agents/{id}/recertify',
      // Of people, groups and sealed roles.
      'POST /v1/{kind}/{id}/recertify',
    )
  }

  /** The one role that may delete anything of what is kept. */
  #makeErasure({ api, tables, make }: Ground): void {
    const eraseTexts = make(this, 'erase-texts')
    tables.texts.grantErase(eraseTexts)
    tables.requests.grantFind(eraseTexts, 'by-status')
    tables.ledger.grantRead(eraseTexts)
    api.route(eraseTexts, 'DELETE /v1/people/{id}/personal')
  }

  /** One function a right: a page that shows cannot decide, and the login writes no entry. */
  #makePages(ground: ReadingGround): void {
    const { anchor, api, reading, roles, tables, make } = ground
    const showPages = make(this, 'show-pages')
    grantReadEvidence(showPages, ground)
    tables.requests.grantSearch(showPages)
    tables.requests.grantFind(showPages, 'open')
    tellTargets(showPages, roles)
    anchor.grantFind(showPages)
    api.routeAs(
      'public',
      showPages,
      'GET /decide',
      'GET /decide/{id}',
      'GET /requests',
      'GET /agents',
      'GET /agents/{id}',
      'GET /groups',
      'GET /halts',
      'GET /halts/{id}',
      'GET /break-glass',
      'GET /break-glass/{id}',
      'GET /break-glass/{id}/drill',
    )
    const decideOnPage = make(this, 'decide-on-page')
    reading.grant(decideOnPage)
    api.routeAs('own', decideOnPage, 'POST /decide/{id}', 'GET /login/decision', 'POST /break-glass/{id}')
    const logIn = make(this, 'log-in')
    tables.requests.grantRead(logIn)
    api.routeAs('public', logIn, 'GET /login', 'GET /login/callback', 'POST /logout')
  }
}
