import { describe, expect, it } from 'vitest';
import { ListeningRule, PATIENCE_MS, type Situation, STALL_PATIENCE_MS } from './listening-rule';

const NOW = 50_000;
const waiting: Situation = { phonePresent: true, offered: true, direct: false };
const direct: Situation = { ...waiting, direct: true };
const alone: Situation = { phonePresent: false, offered: false, direct: false };

describe('ListeningRule', () => {
  it('gives a phone that has come three seconds', () => {
    const rule = new ListeningRule(false);
    rule.note(alone, 0);
    expect(rule.due).toBeNull();
    rule.note(waiting, NOW);
    rule.note(waiting, NOW + 2000);
    expect(rule.due).toBe(NOW + PATIENCE_MS);
    expect(rule.urgent).toBe(false);
  });

  it('does not listen while video arrives', () => {
    const rule = new ListeningRule(false);
    rule.note(waiting, NOW);
    rule.note(direct, NOW + 500);
    expect(rule.due).toBeNull();
  });

  it('gives video that has stalled one second, and then wants pictures at once', () => {
    const rule = new ListeningRule(false);
    rule.note(direct, NOW);
    rule.note(waiting, NOW + 9000);
    expect(rule.due).toBe(NOW + 9000 + STALL_PATIENCE_MS);
    expect(rule.urgent).toBe(true);
  });

  it('listens at once where it had to before, until the direct way works', () => {
    const rule = new ListeningRule(true);
    rule.note(waiting, NOW);
    expect(rule.due).toBe(NOW);
    expect(rule.urgent).toBe(true);
    rule.note(direct, NOW + 9000);
    expect(rule.due).toBeNull();
    rule.note(alone, NOW + 10_000);
    rule.note(waiting, NOW + 11_000);
    expect(rule.due).toBe(NOW + 11_000 + PATIENCE_MS);
  });

  it('listens at once to a phone that comes back after it was relayed', () => {
    const rule = new ListeningRule(false);
    rule.note(waiting, NOW);
    rule.relayed();
    rule.note(alone, NOW + 9000);
    expect(rule.due).toBeNull();
    rule.note(waiting, NOW + 9500);
    expect(rule.due).toBe(NOW + 9500);
  });

  it('a phone that was stopped starts anew', () => {
    const rule = new ListeningRule(false);
    rule.note(direct, NOW);
    rule.note({ ...waiting, offered: false }, NOW + 1000);
    rule.note(waiting, NOW + 1100);
    expect(rule.due).toBe(NOW + 1000 + PATIENCE_MS);
    expect(rule.urgent).toBe(false);
  });

  it('another phone starts anew', () => {
    const rule = new ListeningRule(false);
    rule.note(direct, NOW);
    rule.note(alone, NOW + 1000);
    rule.note(waiting, NOW + 2000);
    expect(rule.due).toBe(NOW + 2000 + PATIENCE_MS);
    expect(rule.urgent).toBe(false);
  });
});
