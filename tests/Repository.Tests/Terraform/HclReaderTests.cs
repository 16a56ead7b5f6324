namespace Sluice.Repository.Tests.Terraform;

public sealed class HclReaderTests
{
    [Fact]
    public void Blocks_labels_and_attributes_are_read()
    {
        var read = HclReader.Read("""
            # Told.
            resource "a" "b" {
              name  = "x-${join("-", [for k in ["}"] : k])}" # of it
              count = var.on ? 1 : 0

              inner {
                list = [
                  "one",
                  # not this
                  "two#",
                ]
              }
            }

            """);

        var resource = read.Blocks.ShouldHaveSingleItem();
        resource.Labels.ShouldBe(["a", "b"]);
        resource["name"].ShouldBe("""
            "x-${join("-", [for k in ["}"] : k])}"
            """.Trim());
        resource["count"].ShouldBe("var.on ? 1 : 0");
        resource.At("inner")["list"].ShouldBe("""[ "one", "two#", ]""");
    }

    [Theory]
    [InlineData("a = <<EOT\nEOT\n")]
    [InlineData("a = [1\n")]
    [InlineData("a {\n")]
    [InlineData("}\n")]
    [InlineData("a = 1\na = 2\n")]
    [InlineData("a = \"b\nc\"\n")]
    [InlineData("// other comment\n")]
    public void What_it_does_not_understand_is_refused(string text) => Should.Throw<FormatException>(() => HclReader.Read(text));
}
