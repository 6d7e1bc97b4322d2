// What the server has: bundles and settings, asked for once and again when something changed.
import { signal } from "@preact/signals";
import { ask, connected } from "./client";
import type { BundleFacts, SettingFacts } from "./types";

/** null until the server has told. */
export const bundles = signal<BundleFacts[] | null>(null);
export const settingFacts = signal<SettingFacts[]>([]);

export async function refreshBundles(): Promise<void> {
  bundles.value = (await ask<{ bundles: BundleFacts[] }>("GET", "/api/bundles")).bundles;
}

export async function refreshSettings(): Promise<void> {
  settingFacts.value = (await ask<{ settings: SettingFacts[] }>("GET", "/api/settings")).settings;
}

/** Asks for both; a server that is away is asked again when it is back. */
export function loadFacts(): () => void {
  return connected.subscribe((there) => {
    if (!there) return;
    if (bundles.peek() === null) refreshBundles().catch(() => undefined);
    if (settingFacts.peek().length === 0) refreshSettings().catch(() => undefined);
  });
}

export function bundleOf(name: string | null): BundleFacts | null {
  return bundles.value?.find((bundle) => bundle.name === name) ?? null;
}
