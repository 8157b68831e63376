/** Faults that a test seeds into the sample, one edit each, with the finding of `policy prove`. */
export type SeededFault = {
  rule: string
  file: string
  from: string
  to: string
  caught: { claim: string; why: RegExp /** It can be asked. */; example: boolean }
}

export const faults: readonly SeededFault[] = [
  {
    rule: 'a permit for one tier alone, which more approval takes away',
    file: 'agents.cedar',
    from: 'context.resource.environment == "prod" &&\n  context.approval.tier >= 2',
    to: 'context.resource.environment == "prod" &&\n  context.approval.tier == 2',
    caught: {
      claim: 'lambda:UpdateFunctionConfiguration: tier 3 permits all that tier 2 permits',
      why: /tier 2 permits what tier 3 refuses/,
      example: true,
    },
  },
  {
    rule: 'a permit in production that needs no person',
    file: 'agents.cedar',
    from: 'context.resource.environment == "prod" &&\n  context.approval.tier >= 1',
    to: 'context.resource.environment == "prod" &&\n  context.approval.tier >= 0',
    caught: { claim: 'flags:set: nothing in prod without people', why: /without people/, example: true },
  },
  {
    rule: 'a forbid that an agent walks around by asking for one value and calling with another',
    file: 'limits.cedar',
    from: 'context.unpinned.contains("ReservedConcurrentExecutions")',
    to: 'context.unpinned.contains("FunctionName")',
    caught: {
      claim:
        'lambda:PutFunctionConcurrency: no answer depends on ReservedConcurrentExecutions where the credential leaves it open',
      why: /the requested value decides/,
      example: true,
    },
  },
  {
    rule: 'a policy that errs on a large number',
    file: 'limits.cedar',
    from: 'context.recent >= 30',
    to: 'context.recent * 9007199254740991 * 4096 >= 30',
    caught: { claim: 'dynamodb:UpdateItem: no policy errs', why: /errs/, example: false },
  },
  {
    rule: 'a policy that can never apply',
    file: 'agents.cedar',
    from: 'context.agent.autonomy == "assistive" &&\n  context.resource.environment == "staging"',
    to: 'context.agent.autonomy == "assistant" &&\n  context.resource.environment == "staging"',
    caught: { claim: 'assistant-with-the-owner: some answer depends on it', why: /it is dead/, example: false },
  },
  {
    rule: 'a forbid that another one makes idle',
    file: 'limits.cedar',
    from: '// One big change cut into small ones',
    to: `@id("restricted-data-is-looked-at")
forbid (principal, action in Hotwork::Action::"mutating", resource)
when { context.resource.classification == "restricted" && context.approval.tier < 2 };

// One big change cut into small ones`,
    caught: {
      claim: 'restricted-data-is-looked-at: some answer depends on it',
      why: /shadowed: each time it applies, so does `restricted-data-needs-security`/,
      example: false,
    },
  },
]
