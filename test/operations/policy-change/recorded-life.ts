import { decodeJwt } from 'jose'
import type { Entry } from '../../../functions/domain/ledger/ledger.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { CredentialId, JsonObject } from '../../../functions/domain/values.ts'
import { recertify, retire } from '../../../functions/operations/agents/recertify.ts'
import { vouchForBreakGlass } from '../../../functions/operations/break-glass/budget.ts'
import { delegateRequest } from '../../../functions/operations/delegation/delegate-request.ts'
import { declareHalt, liftHalt } from '../../../functions/operations/halts/halt.ts'
import { eraseTexts } from '../../../functions/operations/ledger/erase-texts.ts'
import { endStandIn, giveStandIn } from '../../../functions/operations/people/stand-ins.ts'
import { givePermit, revokePermit } from '../../../functions/operations/permits/standing-permits.ts'
import { acceptTransfer } from '../../../functions/operations/registry/accept-transfer.ts'
import { applyChange } from '../../../functions/operations/registry/apply-change.ts'
import { askForChange } from '../../../functions/operations/registry/ask-for-change.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { extendRequest } from '../../../functions/operations/requests/extend-request.ts'
import { advanceWorkflow } from '../../../functions/operations/requests/workflow.ts'
import type { Replayed } from '../../../policy-tools/change/replay.ts'
import { Replay, type RulesOf } from '../../../policy-tools/replay/replay-ledger.ts'
import { Rules } from '../../../policy-tools/replay/rules.ts'
import { evidenceNow } from '../../support/agents/evidence.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { askedOnce } from '../../support/policies/asked-once.ts'
import { reporter } from '../../support/registry-world.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, agentKey, parameter, person, prodParameter, sampleBundle, type What } from '../../support/world.ts'
import { Night } from '../break-glass/night.ts'
import { claimedFlag } from '../uses/claimed-flag.ts'
import { claimed } from '../uses/mediated-world.ts'

const sample = sampleBundle()

const concurrency = 'lambda:PutFunctionConcurrency'

/** The sample, with an agent more to which the remediator may delegate, a number that is held, and a rota. */
export const bundle: Bundle = {
  ...sample,
  actions: {
    ...sample.actions,
    [concurrency]: { ...(sample.actions[concurrency] as Bundle['actions'][string]), credential: 'mediated' },
  },
  directory: { ...sample.directory, groups: { ...sample.directory.groups, rota: [person('chloe'), person('lena')] } },
  agents: sample.agents.flatMap((it) => {
    const identities = it.identities.map((identity) => ({ ...identity, subject: 'agent-second' }))
    return it.id === agent('remediator') ? [it, { ...it, id: agent('second'), owner: person('gus'), identities }] : [it]
  }),
}

export const reserve = (ReservedConcurrentExecutions: number): What => ({
  action: concurrency,
  arguments: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
})

const flag: What = {
  action: 'flags:set',
  arguments: { environment: 'prod', flag: 'express-checkout', value: false },
  resource: { type: 'flags:flag', id: 'prod/express-checkout' },
}

/** A world with every kind of entry on its record. A minute passes between acts, so that their order is on record. */
export class RecordedLife extends Night {
  readonly halts = new MemoryHaltStore(this.requests, this.ledger)

  constructor() {
    super(bundle)
  }

  get all() {
    const { halts, permits, standIns, agents, targetRole } = this
    return { ...this.ports, halts, permits, standIns, agents, targetRole, targetRoles: [], eraser: this.ledger.texts }
  }

  async done<T>(act: Promise<T>): Promise<T> {
    const done = await act
    this.clock.advance(60)
    return done
  }

  async entries(): Promise<Entry[]> {
    const all: Entry[] = []
    for (let after: string | undefined, more = true; more; more = after !== undefined) {
      const page = await this.ledger.search({}, { limit: 1000, ...(after === undefined ? {} : { after }) })
      all.push(...page.entries)
      after = page.next
    }
    return all
  }

  async requestLives(): Promise<void> {
    await this.done(this.issueToken(await this.done(this.submitted(parameter('/staging/checkout/color')))))
    const request = await this.done(this.submitted(prodParameter))
    await this.done(this.decide(request, 'lena'))
    await this.done(this.decide(request, 'ana'))
    await this.done(this.decide(request, 'eve'))
    await this.done(this.issueToken(request))
    await this.done(this.extended(request))
    await this.done(this.delegated(await this.done(this.approved(parameter('/prod/checkout/size')))))
    const denied = await this.done(this.submitted(parameter('/prod/checkout/shape')))
    await this.done(this.decide(denied, 'ana', 'deny', { comment: 'not tonight' }))
    const revoked = await this.done(this.approved(parameter('/prod/checkout/weight')))
    await this.done(revokeRequest({ id: revoked.ask.id, person: person('lena'), reason: 'no' }, this.ports))
    await this.done(revokeRequest({ id: revoked.ask.id, person: person('gus'), reason: 'no more' }, this.ports))
    await this.done(this.submit({ ...prodParameter, agent: agent('planner') }))
    await this.done(this.evaluate({ ...prodParameter, agent: agent('planner') }))
  }

  /** Narrowed, and claimed on a changed state. */
  async changingLives(): Promise<void> {
    const many = await this.done(this.submitted(reserve(10)))
    const left = { arguments: { ReservedConcurrentExecutions: 5 } }
    await this.done(this.decide(many, 'ana', 'approve', { narrow: left }))
    this.reader.preview(prodParameter.action)
    this.reader.set(prodParameter.resource.id, { Value: '300' })
    const seen = await this.done(this.approved())
    const issued = await this.done(this.issueToken(seen))
    this.reader.set(prodParameter.resource.id, { Value: '301' })
    if (issued.ok) await this.done(this.issueAws(seen, decodeJwt(issued.value.token).jti as CredentialId))
    await this.done(this.decide(await this.state(seen.ask.id), 'ana'))
  }

  async uses(): Promise<void> {
    await this.done((await claimedFlag(this)).begin('once'))
    const { call } = await this.done(claimed(undefined, undefined, this))
    await this.done(call())
  }

  async standingPermit(): Promise<void> {
    const request = await this.done(this.submitted(flag))
    await this.done(this.decide(request, 'ben'))
    const until = this.clock.now() + 7200
    const asked = { request: request.ask.id, person: person('ben'), login: {}, uses: 3, until }
    const permit = await this.done(givePermit(asked, this.all))
    await this.done(givePermit({ ...asked, person: person('lena') }, this.all))
    await this.done(this.submitted(flag))
    if (permit.ok) await this.done(revokePermit({ id: permit.value.id, person: person('gus'), reason: 'no' }, this.all))
    const absence = { person: person('chloe'), by: person('lena'), login: {}, until }
    const standIn = await this.done(giveStandIn(absence, this.all))
    await this.done(this.decide(await this.done(this.submitted(parameter('/prod/checkout/depth'))), 'lena'))
    if (standIn.ok) await this.done(endStandIn({ id: standIn.value.id, person: person('gus') }, this.all))
  }

  async plans(): Promise<void> {
    const steps = ['/prod/checkout/color', '/prod/checkout/size'].map((name) => {
      const { action, arguments: args } = parameter(name)
      return { agent: agent('remediator'), action, arguments: args }
    })
    const resource = { type: 'plan', id: 'INC-1042' }
    const plan = await this.done(
      this.approved({ agent: agent('planner'), action: 'plan', arguments: { steps }, resource }),
    )
    await this.done(advanceWorkflow(plan.ask.id, this.ports))
    const [first] = plan.ask.steps ?? []
    if (first) await this.done(this.issueToken(await this.stored(first.request)))
  }

  async emergencies(): Promise<void> {
    const opening = await this.done(this.opened('jade'))
    await this.done(this.issueToken(opening, { agent: person('jade'), clientId: 'person-jade' }))
    await this.done(this.end(opening))
    await this.done(this.review(opening, 'lena'))
    await this.done(this.review(opening, 'gus'))
    await this.done(this.open('lena'))
    const what = { profile: 'checkout-recovery' }
    const login = { acr: 'strong', at: this.clock.now() }
    await this.done(vouchForBreakGlass({ by: person('kofi'), login, person: person('jade'), what }, this.ports))
  }

  async others(): Promise<void> {
    const target = { kind: 'action', value: 'flags:set' } as const
    const halt = await this.done(declareHalt({ target, reason: 'odd', person: person('gus') }, this.all))
    await this.done(declareHalt({ target, reason: 'odd', person: person('lena') }, this.all))
    if (halt.ok) await this.done(liftHalt({ id: halt.value.id, person: person('hana') }, this.all))
    const subject = agent('remediator')
    const evidence = await evidenceNow(this, subject)
    await this.done(recertify({ subject, person: person('gus'), reason: 'still needed', evidence }, this.all))
    await this.done(this.retire('planner'))
    await this.done(eraseTexts({ of: person('ana'), by: person('hana') }, this.all))
  }

  /** An agent is registered, handed on and retired: each asked by a person, decided by others, and made. */
  async registry(): Promise<void> {
    const entry = { ...reporter, owner: 'person:dan' }
    await this.changed('eve', 'RegisterAgent', entry, ['gus'])
    await this.changed('dan', 'TransferAgent', { id: reporter['id'] as string, owner: 'person:lena' }, ['gus'], 'lena')
    await this.changed('lena', 'RetireAgent', { id: reporter['id'] as string }, ['hana'])
  }

  async changed(who: string, name: string, args: JsonObject, by: readonly string[], accepts?: string): Promise<void> {
    const body = { action: `hotwork:${name}`, arguments: args, reason: 'the team needs it now' }
    const proven = { issuer: 'https://id.example.org', subject: `person-${who}` }
    const ask = { person: person(who), proven, ...body, body, idempotencyKey: name }
    const { state } = unwrap(await this.done(askForChange(ask, this.all))).stored
    const { id } = state.ask
    if (accepts) await this.done(acceptTransfer({ id, person: person(accepts), login: {} }, this.ports))
    for (const each of by) await this.done(this.decide(state, each))
    await this.done(applyChange(id, this.all))
  }

  async retire(name: string) {
    const subject = agent(name)
    const evidence = await evidenceNow(this, subject)
    const deny = { send: async () => {} }
    return retire({ subject, person: person('gus'), reason: 'no longer needed', evidence }, { ...this.all, deny })
  }

  async live(): Promise<void> {
    await this.requestLives()
    await this.changingLives()
    await this.uses()
    await this.standingPermit()
    await this.plans()
    await this.emergencies()
    await this.registry()
    await this.others()
  }

  private extended({ ask }: ApprovalRequest) {
    const by = { id: ask.id, agent: agent('remediator'), jkt: agentKey, minutes: 10 }
    return extendRequest({ ...by, body: { minutes: 10 }, once: this.proof() }, this.all)
  }

  private delegated({ ask }: ApprovalRequest) {
    const { id, action, arguments: properties, resource } = ask
    const asked = { id, agent: agent('remediator'), jkt: agentKey, to: agent('second') }
    const what = { action: { name: action, properties }, resource, idempotencyKey: 'second', body: 'second' }
    return delegateRequest({ ...asked, ...what, once: this.proof() }, this.all, async () => {})
  }
}

export const replayed = (entries: readonly Entry[], under: Bundle = bundle, options = {}): Replayed =>
  replayAll(entries, new Rules(askedOnce(under), options))

export function replayedUnder(entries: readonly Entry[], bundleOf: (hash: string) => Bundle | undefined): Replayed {
  const known = new Map<string, Rules>()
  return replayAll(entries, (hash) => {
    const found = bundleOf(hash)
    const rules = known.get(hash) ?? (found && new Rules(askedOnce(found)))
    if (rules) known.set(hash, rules)
    return rules
  })
}

function replayAll(entries: readonly Entry[], rules: Rules | RulesOf): Replayed {
  const replay = new Replay(rules)
  for (const entry of entries) replay.take(entry)
  return replay.result
}
