using System.Buffers;
using System.Text;
using Sluice.Core.Audit;
using Sluice.Core.Callers;
using Sluice.TestKit;

namespace Sluice.Core.Tests.Audit;

/// <summary>What somebody might do to records who has the disk, and what is said of it.</summary>
public sealed class AuditVerificationTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task An_untouched_chain_is_unbroken() => (await BrokenAsync(_ => { })).ShouldBeNull();

    [Fact]
    public async Task Every_single_byte_that_is_changed_is_found()
    {
        var length = Chain()[4].Length;
        for (var at = 0; at < length; at++)
        {
            (await BrokenAsync(lines => lines[4][at] ^= 1)).ShouldNotBeNull($"byte {at}").Place.ShouldBe("line 5");
        }
    }

    [Theory]
    [InlineData("removed", "line 5", "it is number 6 and comes behind number 4")]
    [InlineData("swapped", "line 5", "it is number 6 and comes behind number 4")]
    [InlineData("repeated", "line 6", "it is number 5 and comes behind number 5")]
    [InlineData("beginning removed", "line 1", "it is number 4 and the first of chain test; no record says that those before it were removed")]
    [InlineData("another's", "line 5", "it is of another chain, other")]
    [InlineData("forged", "line 6", "it does not hang on the record before it, number 5, which is another than was there")]
    [InlineData("shortened", "line 5", "it is not what was written: its hash is not that of its content")]
    public async Task The_first_record_that_breaks_the_chain_is_named(string what, string place, string why)
    {
        var broken = await BrokenAsync(lines =>
        {
            switch (what)
            {
                case "removed":
                    lines.RemoveAt(4);
                    break;
                case "swapped":
                    (lines[4], lines[5]) = (lines[5], lines[4]);
                    break;
                case "repeated":
                    lines.Insert(5, lines[4]);
                    break;
                case "beginning removed":
                    lines.RemoveRange(0, 3);
                    break;
                case "another's":
                    lines[4] = Chain("other")[4];
                    break;
                case "forged":
                    // With a hash of its own that is right: only the record behind it tells.
                    lines[4] = Line(Entry("somebody else"), AuditRecord.Read(lines[3])!.Head);
                    break;
                case "shortened":
                    lines[4] = lines[4][..^10];
                    break;
            }
        });

        broken.ShouldBe(new BrokenRecord(place, why));
    }

    [Fact]
    public async Task A_beginning_that_was_removed_on_the_record_is_no_break()
    {
        var lines = Chain();
        var head = AuditRecord.Read(lines[^1])!.Head;
        lines.Add(Line(new AuditEntry(AuditAction.Removed, DateTimeOffset.UnixEpoch) { UpTo = AuditRecord.Read(lines[3])!.Head }, head));
        var trail = new RecordedTrail();
        trail.Change(stored => stored.AddRange(lines.Skip(4)));

        (await new AuditVerification().RunAsync(trail, None)).ShouldBeNull();
        trail.Change(stored => stored.RemoveAt(0));
        (await new AuditVerification().RunAsync(trail, None)).ShouldNotBeNull("one more than was said");
    }

    [Fact]
    public void Nothing_that_a_caller_writes_makes_a_line_of_its_own()
    {
        var entry = new AuditEntry(AuditAction.Refused, DateTimeOffset.UnixEpoch)
        {
            Method = "GET\r\n{\"chain\":\"test\",\"seq\":7}\u2028\u0085\0",
            Subject = "\",\"hash\":\"0000\"}\n" + new string('x', 100_000),
            CredentialId = "\u001b[2J\ud800",
            Route = "/x\n",
        };

        var line = Line(entry, AuditHead.None("test"));

        line.ShouldAllBe(letter => letter >= 0x20 && letter < 0x7f);
        line.Length.ShouldBeLessThan(AuditRecord.LongestLine);
        AuditRecord.Read(line).ShouldNotBeNull().Head.Sequence.ShouldBe(1);
    }

    private static async Task<BrokenRecord?> BrokenAsync(Action<List<byte[]>> change)
    {
        var trail = new RecordedTrail();
        trail.Change(stored => stored.AddRange(Chain()));
        trail.Change(change);
        return await new AuditVerification().RunAsync(trail, None);
    }

    private static List<byte[]> Chain(string name = "test")
    {
        var head = AuditHead.None(name);
        var lines = new List<byte[]>();
        for (var i = 0; i < 9; i++)
        {
            lines.Add(Line(Entry($"c{i}"), head));
            head = AuditRecord.Read(lines[^1])!.Head;
        }

        return lines;
    }

    private static byte[] Line(AuditEntry entry, AuditHead before)
    {
        var to = new ArrayBufferWriter<byte>();
        AuditRecord.Write(entry, before, to).Hash.ShouldBe(Encoding.ASCII.GetString(to.WrittenSpan)[^66..^2]);
        return to.WrittenSpan.ToArray();
    }

    private static AuditEntry Entry(string credential) => new(AuditAction.Admitted, DateTimeOffset.UnixEpoch)
    {
        Tenant = "acme",
        Subject = "app",
        CredentialId = credential,
        Scopes = Scopes.Invoke,
        Method = "POST",
        Route = "/invoke",
    };
}
