/** The last part of an image's reference in two: `registry/team/helix-sway:v2` is `helix-sway` and `v2`. Undefined without a tag. */
export function imageNameOf(
  reference: string,
): { readonly imageName: string; readonly imageVersion: string } | undefined {
  const last = reference.slice(reference.lastIndexOf('/') + 1);
  // A digest names what no host reports.
  const [, imageName, imageVersion] = /^([^:@]+):([^:@]+)$/.exec(last) ?? [];
  return imageName === undefined || imageVersion === undefined ? undefined : { imageName, imageVersion };
}
