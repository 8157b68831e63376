import fc from 'fast-check'

/** Any deny, by a tag or of all sessions from before a time. */
export const anyDeny = fc.oneof(
  fc.record({
    tag: fc.constantFrom('hotwork:request', 'hotwork:credential', 'hotwork:agent', 'hotwork:owner'),
    value: fc.string({ minLength: 1 }),
    until: fc.nat(),
    issuedBefore: fc.option(fc.nat(), { nil: undefined }),
  }),
  fc.record({ tag: fc.constant('*'), value: fc.constant('*'), until: fc.nat(), issuedBefore: fc.nat() }),
)
