import Testing

@testable import WasmCache

struct PrivateGroupTests {
  private static let accounts = """
    root:x:0:0:root:/root:/bin/bash
    # a comment

    ann:x:1000:1000:Ann,,,:/home/ann:/bin/bash
    ann2:x:1000:1000:the same user by another name:/home/ann:/bin/bash
    bob:x:1001:100::/home/bob:/bin/bash
    cid:x:1002:1002::/home/cid:/bin/bash
    """
  private static let groups = """
    root:x:0:
    users:x:100:
    ann:x:1000:ann,ann2
    team:x:1001:ann,bob
    cid:x:1002:bob
    empty:x:1003:
    """

  private func isPrivate(
    _ group: UInt32, _ owner: UInt32, accounts: String = accounts, groups: String = groups, sources: String = ""
  ) -> Bool {
    PrivateGroup.isPrivate(group, to: owner, accounts: accounts, groups: groups, sources: sources)
  }

  @Test func aGroupOfOneUserIsPrivate() {
    #expect(isPrivate(0, 0))
    #expect(isPrivate(1000, 1000))
    #expect(isPrivate(100, 1001), "bob is the only one who has it")
    #expect(!isPrivate(1000, 1001), "it is somebody else's")
    #expect(!isPrivate(1001, 1000), "it has another member")
    #expect(!isPrivate(1002, 1002), "it has another member besides its owner")
    #expect(!isPrivate(1003, 1000) && !isPrivate(7, 1000), "a group that nobody has is for programs")
    #expect(!isPrivate(1000, 1000, accounts: Self.accounts + "\neve:x:1007:1000::/:/bin/sh"))
  }

  @Test func whereAccountsComeFromElsewhereNoGroupIs() {
    #expect(isPrivate(1000, 1000, sources: "passwd: files systemd\ngroup:\tcompat\nhosts: files dns\n"))
    #expect(!isPrivate(1000, 1000, sources: "passwd: files sss\n"))
    #expect(!isPrivate(1000, 1000, sources: "group: files [SUCCESS=merge] ldap\n"))
    #expect(!isPrivate(1000, 1000, accounts: Self.accounts + "\n+::::::"))
    #expect(!isPrivate(1000, 1000, groups: Self.groups + "\n+:::"))
    #expect(!isPrivate(1000, 1000, accounts: ""))
    #expect(!isPrivate(1000, 1000, accounts: "not an account"))
  }
}
