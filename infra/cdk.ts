// Rules: test/infra/constructs.test.ts
/** `hotwork/cdk`: Hotwork for a CDK app (docs/deploy.md). */
export { Hotwork, type HotworkAccount, type HotworkProps } from './hotwork.ts'
export { HotworkAnchor, type HotworkAnchorProps } from './hotwork-anchor.ts'
export { HotworkTarget, type HotworkTargetProps } from './hotwork-target.ts'
export { HotworkWatch, type HotworkWatchProps } from './hotwork-watch.ts'
export { UnusableSettings } from './settings.ts'
