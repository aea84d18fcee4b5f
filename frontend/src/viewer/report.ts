// `metrics.json` as of now, from the parts that know a piece of it each.
import type { Way } from '../doctor/facts';
import type { ClientConfig, MetricsReport } from '../protocol/messages';
import type { Choices } from './choices';
import type { Detection } from './detection';
import type { Flow } from './flow';
import type { Relay } from './relay/relay';

export type Parts = {
  detection: Detection;
  flow: Flow;
  relay: Relay;
  /** The video's, while it comes by itself; null: not known. */
  way: Way | null;
  choices: Choices;
  config: ClientConfig;
};

export function reportOf({ detection, flow, relay, way, choices, config }: Parts): MetricsReport {
  const isRelayed = relay.inUse;
  const report = detection.metrics.report({
    mode: detection.mode,
    video_kbps: isRelayed ? relay.kbps : flow.kbps,
    config: {
      ...detection.config(),
      transport: isRelayed ? 'relay' : way,
      overlay: choices.overlay,
      threshold: choices.filter.threshold,
      model: config.model.name,
      version: config.version,
    },
    machine: {
      user_agent: navigator.userAgent,
      logical_cores: navigator.hardwareConcurrency,
      device_pixel_ratio: window.devicePixelRatio,
      cross_origin_isolated: window.crossOriginIsolated,
    },
  });
  return isRelayed ? { ...report, clock_error_ms: relay.clockError } : report;
}
