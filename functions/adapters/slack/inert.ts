/**
 * Cards hold no mrkdwn at all, only `plain_text` and `rich_text`, in which Slack reads no mention, link or markup; what
 * could still deceive the eye is the same as on a page.
 */
export { clamp, exact, inert, mixesScripts } from '../../domain/inert.ts'
