namespace Sluice.Rollout.Tests.Cloud;

/// <summary>A call of gcloud that fails: what it writes to standard error, and its exit code (1; 2 for arguments it does not know).</summary>
internal sealed class GcloudException(string message, int code = 1) : Exception(message)
{
    public int Code => code;
}
