// Rules: test/policies/catalogue/verbs.test.ts

import type { CatalogueEntry } from '../../functions/domain/policy/catalogue.ts'
import { escaped, resourcesOverlap } from '../../functions/domain/policy/patterns.ts'
import { known, type Say } from '../../functions/domain/what-is-wrong.ts'
import { type IamAction, iamAction } from '../../functions/targets/aws/models/iam-reference.ts'
import { keysIn } from './pins.ts'

/** Reports condition keys, resources and actions that IAM does not have. */
export function checkAgainstIam({ statement }: CatalogueEntry, say: Say): void {
  if (!statement) return
  const found = statement.actions.flatMap((action, at) => {
    const iam = iamAction(action)
    if (iam === undefined)
      say(['statement', 'actions', at], `IAM's reference has no \`${action}\``, 'correct its spelling: see IAM’s page')
    else if (iam.name !== action) say(['statement', 'actions', at], `IAM calls it \`${iam.name}\``, 'write it so')
    return iam ?? []
  })
  if (found.length < statement.actions.length) return
  for (const { operator, key } of keysIn({ statement }))
    if (!isKeyOf(key, found))
      say(
        ['statement', 'conditions', operator, key],
        `\`${key}\` is no condition key of \`${statement.actions.join('`, `')}\`: it compares nothing`,
        known(found.flatMap(({ keys, resourceKeys }) => [...keys, ...resourceKeys].map(({ name }) => name))),
      )
  statement.resources.forEach((template, at) => {
    const types = found.flatMap(({ resources }) => resources.map(({ arn }) => arn))
    const path = ['statement', 'resources', at]
    if (template !== '*' && !types.some((arn) => fits(template, arn)))
      say(
        path,
        `IAM compares no such ARN for \`${found.map(({ name }) => name).join('`, `')}\``,
        known([...types, '*']),
      )
  })
}

/** `aws:` keys are of all actions; a key with `${TagKey}` stands for one of each tag. */
const isKeyOf = (key: string, actions: readonly IamAction[]): boolean =>
  key.startsWith('aws:') ||
  actions.some(({ keys, resourceKeys }) => [...keys, ...resourceKeys].some(({ name }) => patternOf(name).test(key)))

const patternOf = (key: string): RegExp =>
  new RegExp(
    `^${key
      .split(/\$\{\w+\}/)
      .map(escaped)
      .join('.+')}$`,
    'i',
  )

/** Whether a template can be an ARN of this type. */
const fits = (template: string, arn: string): boolean => resourcesOverlap(template, arn.replaceAll(/\$\{\w+\}/g, '*'))
