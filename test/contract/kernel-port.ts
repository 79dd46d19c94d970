/** The contract of `KernelPort`, as cases that run on any host (see kernel-port/case.ts). */
import type { Feature, PortCase } from "./kernel-port/case";
import { cancelCases } from "./kernel-port/cancelling";
import { directCases } from "./kernel-port/direct";
import { lifetimeCases } from "./kernel-port/lifetime";
import { outputCases } from "./kernel-port/outputs";

export type { Connected, Feature, PortCase } from "./kernel-port/case";

/** The cases for a host that has these features. */
export function kernelPortCases(features: readonly Feature[]): readonly PortCase[] {
  return [...outputCases, ...cancelCases, ...directCases, ...lifetimeCases].filter(({ needs = [] }) =>
    needs.every((feature) => features.includes(feature)),
  );
}
