import Testing

@testable import Commands

/// Which systems of CI say that they build a pull request, and how.
struct PullRequestTests {
  @Test(
    arguments: [
      (["GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request"], "GitHub Actions"),
      (["GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request_target"], "GitHub Actions"),
      (["GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push"], nil),
      (["GITHUB_EVENT_NAME": "pull_request"], "GitHub Actions"),
      (
        ["CI_MERGE_REQUEST_IID": "1", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "7", "CI_MERGE_REQUEST_PROJECT_ID": "3"],
        "GitLab"
      ),
      (
        ["CI_MERGE_REQUEST_IID": "1", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "3", "CI_MERGE_REQUEST_PROJECT_ID": "3"],
        nil
      ),
      (["CI_EXTERNAL_PULL_REQUEST_IID": "1"], "GitLab"), (["GITLAB_CI": "true"], nil),
      (["BUILDKITE_PULL_REQUEST": "12"], "Buildkite"), (["BUILDKITE_PULL_REQUEST": "false"], nil),
      (["CIRCLE_PR_NUMBER": "12"], "CircleCI"), (["CIRCLE_PULL_REQUEST": "https://example/12"], nil),
      (
        ["TRAVIS_PULL_REQUEST": "12", "TRAVIS_PULL_REQUEST_SLUG": "me/it", "TRAVIS_REPO_SLUG": "them/it"], "Travis CI"
      ),
      (["TRAVIS_PULL_REQUEST": "12", "TRAVIS_PULL_REQUEST_SLUG": "them/it", "TRAVIS_REPO_SLUG": "them/it"], nil),
      (["TRAVIS_PULL_REQUEST": "false"], nil), (["CHANGE_ID": "12"], "Jenkins"),
      (["SYSTEM_PULLREQUEST_ISFORK": "True"], "Azure Pipelines"), (["SYSTEM_PULLREQUEST_ISFORK": "False"], nil),
      (["BITBUCKET_PR_ID": "12"], "Bitbucket Pipelines"), (["DRONE_PULL_REQUEST": "12"], "Drone"),
      (["CI": "true"], nil),
    ] as [([String: String], String?)])
  func isKnownByVariables(_ variables: [String: String], _ system: String?) {
    #expect(PullRequestBuild.system { variables[$0] } == system)
  }
}

struct RemoteAddressTests {
  @Test(arguments: [
    ("grpc://cache:8980", false, false), ("grpc://localhost:1/instance/of", false, true),
    ("grpcs://cache.example:443", true, false), ("http://127.0.0.1/cache", false, true), ("https://h", true, false),
    ("grpc://[::1]:8980", false, true), ("http://[fe80::1]/x", false, false),
    ("http://127.evil.example.com", false, false),
    ("GRPC://h:1", false, false),
  ]) func whatIsAnAddress(_ text: String, _ usesTLS: Bool, _ isLoopback: Bool) throws {
    let address = try #require(RemoteAddress(argument: text))
    #expect(address.text == text && address.usesTLS == usesTLS && address.isLoopback == isLoopback)
  }

  @Test(arguments: [
    "", "cache", "cache:8980", "ftp://h:1", "grpc://h", "grpc://:1", "grpc://h:0", "grpc://h:65536", "grpc://h:x",
    "http://",
    "http://me:word@h/", "http://h/?q", "http://h/#f", "http://h h/", "grpc://[::1", "grpc://[::1]8980", "http://h:",
    "grpc://h:1\u{e9}",
  ]) func whatIsNone(_ text: String) { #expect(RemoteAddress(argument: text) == nil) }

  @Test func noneIsNoAddress() { #expect(RemoteAddress(argument: "none")?.text == .some(nil)) }
}
