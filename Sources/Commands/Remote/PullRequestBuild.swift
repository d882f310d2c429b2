/// A build of a change that somebody proposes, who may not be trusted with what others load.
enum PullRequestBuild {
  /// The system of CI that says that it builds such a change; nil if none does.
  ///
  /// GitLab, CircleCI, Travis and Azure tell changes of the repository itself from those of a copy of it elsewhere, and only
  /// the latter count. Of the others every change counts.
  ///
  /// Source: each system's list of predefined variables.
  ///
  /// - Parameter variable: gives a variable's value; nil if it is not set or empty.
  static func system(_ variable: (String) -> String?) -> String? {
    func isSet(_ name: String) -> Bool { variable(name).map { $0 != "false" } ?? false }
    // A container may have been handed only this one.
    if variable("GITHUB_EVENT_NAME")?.hasPrefix("pull_request") == true { return "GitHub Actions" }
    if isSet("CI_EXTERNAL_PULL_REQUEST_IID") { return "GitLab" }
    if isSet("CI_MERGE_REQUEST_IID"),
      variable("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") != variable("CI_MERGE_REQUEST_PROJECT_ID")
    {
      return "GitLab"
    }
    if isSet("BUILDKITE_PULL_REQUEST") { return "Buildkite" }
    // It is set for changes from elsewhere only; CIRCLE_PULL_REQUEST is for all.
    if isSet("CIRCLE_PR_NUMBER") { return "CircleCI" }
    if isSet("TRAVIS_PULL_REQUEST"), variable("TRAVIS_PULL_REQUEST_SLUG") != variable("TRAVIS_REPO_SLUG") {
      return "Travis CI"
    }
    if isSet("CHANGE_ID") { return "Jenkins" }
    if variable("SYSTEM_PULLREQUEST_ISFORK")?.lowercased() == "true" { return "Azure Pipelines" }
    if isSet("BITBUCKET_PR_ID") { return "Bitbucket Pipelines" }
    if isSet("DRONE_PULL_REQUEST") { return "Drone" }
    return nil
  }
}
