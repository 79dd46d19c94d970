/** Addresses of dashboards, as people type them. */
import { dashboardUrl } from "@graphcell/core/nuclio";

test.each([
  ["localhost", "http://localhost:8070"],
  ["https://a.b/nuclio/", "https://a.b/nuclio"],
  ["http://a:1/api", "http://a:1"],
  ["http://[::1]:8070", "http://[::1]:8070"],
])("%s is %s", (text, url) => {
  expect(dashboardUrl(text)).toBe(url);
});

test.each(["ftp://a", "", "http://me:word@host"])("%s is refused, and no password is repeated", (text) => {
  expect(() => dashboardUrl(text)).toThrow(/address/);
  expect(() => dashboardUrl(text)).not.toThrow(/word@/);
});
