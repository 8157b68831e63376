import { useScene } from '../../client/support/scene.ts'
import { drive } from './drivers/ai-sdk.ts'
import { tellStories } from './stories.ts'

const scene = useScene()
tellStories('ai-sdk', drive, scene)
