// What the client itself has to understand of RIS Live's frames: whether its requests were heard.
// The content is read in `wire`.

/** How every frame with content begins, as the service writes it. */
const MESSAGE = '{"type":"ris_message"'

type RisLiveControl =
  | { readonly kind: 'content' }
  | { readonly kind: 'acknowledged' }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'other' }

const CONTENT: RisLiveControl = { kind: 'content' }

/** Content is also what cannot be read: it is for the decoder to call it malformed, and to count it. */
export function readControl(text: string): RisLiveControl {
  if (text.startsWith(MESSAGE)) return CONTENT
  let frame: { type?: unknown; data?: { message?: unknown } | null } | null
  try {
    frame = JSON.parse(text)
  } catch {
    return CONTENT
  }
  switch (frame?.type) {
    case 'ris_subscribe_ok':
      return { kind: 'acknowledged' }
    case 'ris_error':
      return { kind: 'error', message: String(frame.data?.message ?? 'no reason given') }
    case 'pong':
    case 'ris_rrc_list':
      return { kind: 'other' }
    default:
      return CONTENT
  }
}
