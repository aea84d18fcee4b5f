// Whatever comes from another machine is looked at before it is believed.
import type {
  ApiError,
  ClientConfig,
  DetectAnswer,
  Detection,
  DetectionResult,
  Invitation,
  JoinInfo,
  RoomCreated,
  RoomEvent,
  RoomIce,
} from './messages';

type Fields = Record<string, unknown>;

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

const isText = (value: unknown): value is string => typeof value === 'string';
export const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';

export function isOneOf<T>(choices: readonly T[], value: unknown): value is T {
  return choices.includes(value as T);
}

const isRole = (value: unknown) => value === 'viewer' || value === 'phone';

/** The value a JSON text holds, or undefined when it is not JSON (no JSON text means undefined). */
export function fromJson(text: unknown): unknown {
  if (!isText(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isDetection(value: unknown): value is Detection {
  return (
    isObject(value) &&
    isText(value.label) &&
    [value.score, value.xmin, value.ymin, value.xmax, value.ymax].every(isNumber)
  );
}

const TIMES = ['queue_us', 'decode_us', 'resize_us', 'infer_us', 'post_us'];

function isResult(value: Fields): value is Fields & DetectionResult {
  const { frame_id, capture_ts, recv_ts, inference_ts, detections, timing } = value;
  const timed = timing === undefined || (isObject(timing) && TIMES.every((key) => isNumber(timing[key])));
  return (
    timed &&
    [frame_id, capture_ts, recv_ts, inference_ts].every(isNumber) &&
    Array.isArray(detections) &&
    detections.every(isDetection)
  );
}

export function parseDetectAnswer(text: unknown): DetectAnswer | null {
  const value = fromJson(text);
  if (!isObject(value)) return null;
  const { dropped, error, pong } = value;
  const known =
    (isObject(dropped) && isNumber(dropped.frame_id)) ||
    (isObject(error) && isNumber(error.frame_id) && isText(error.code) && isText(error.message)) ||
    (isObject(pong) && [pong.t0, pong.t1, pong.t2].every(isNumber)) ||
    isResult(value);
  return known ? (value as DetectAnswer) : null;
}

function isWelcome(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { role, peer_present, sitting, resumed } = value;
  return isRole(role) && isText(sitting) && [peer_present, resumed].every(isFlag);
}

export function parseRoomEvent(text: unknown): RoomEvent | null {
  const value = fromJson(text);
  if (!isObject(value)) return null;
  const { welcome, peer, signal, invitation, taken, replaced } = value;
  const known =
    isWelcome(welcome) ||
    (isObject(peer) && isRole(peer.role) && isFlag(peer.present)) ||
    (isObject(signal) && isRole(signal.from) && 'payload' in signal) ||
    isObject(invitation) ||
    isObject(taken) ||
    isObject(replaced);
  return known ? (value as RoomEvent) : null;
}

export function parseRoomCreated(value: unknown): RoomCreated | null {
  if (!isObject(value)) return null;
  const { room, viewer_token, phone_token, join_url, qr_svg } = value;
  return [room, viewer_token, phone_token, join_url, qr_svg].every(isText) ? (value as RoomCreated) : null;
}

const isAddress = (value: unknown): boolean =>
  isObject(value) && [value.interface, value.join_url, value.qr_svg].every(isText);

const isCode = (value: unknown): boolean =>
  isObject(value) && [value.url, value.code].every(isText) && isNumber(value.expires_ts);

export function parseInvitation(value: unknown): Invitation | null {
  if (!isObject(value)) return null;
  const { code, others, obstacle } = value;
  const known =
    isAddress(value) &&
    (code === null || isCode(code)) &&
    Array.isArray(others) &&
    others.every(isAddress) &&
    (obstacle === undefined || isText(obstacle));
  return known ? (value as Invitation) : null;
}

export function parseJoinInfo(value: unknown): JoinInfo | null {
  return isObject(value) && isText(value.room) ? { room: value.room } : null;
}

export function parseRoomIce(value: unknown): RoomIce | null {
  if (!isObject(value)) return null;
  const { ice_servers, ice_policy, lifetime_s } = value;
  const known =
    Array.isArray(ice_servers) &&
    ice_servers.every(
      (server) => isObject(server) && Array.isArray(server.urls) && server.urls.every(isText),
    ) &&
    (ice_policy === 'all' || ice_policy === 'relay') &&
    (lifetime_s === undefined || isNumber(lifetime_s));
  return known ? (value as RoomIce) : null;
}

export function parseApiError(value: unknown): ApiError | null {
  return isObject(value) && isText(value.error) && isText(value.message) ? (value as ApiError) : null;
}

export function parseConfig(value: unknown): ClientConfig | null {
  if (!isObject(value) || !isObject(value.model)) return null;
  const { version, mode, model, labels, ice_servers, join_obstacle, certificate } = value;
  const known =
    isText(version) &&
    (mode === 'server' || mode === 'wasm' || mode === 'auto') &&
    [model.name, model.manifest].every(isText) &&
    [model.input_width, model.input_height, model.score_threshold].every(isNumber) &&
    Array.isArray(labels) &&
    labels.every(isText) &&
    Array.isArray(ice_servers) &&
    (join_obstacle === undefined || isText(join_obstacle)) &&
    (certificate === undefined || isCertificateInfo(certificate));
  return known ? (value as ClientConfig) : null;
}

function isCertificateInfo(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { trust } = value;
  return trust === undefined || (isObject(trust) && [trust.url, trust.fingerprint].every(isText));
}
