#!/usr/bin/env bash
# cfn-lint 1.58.0 with aws-sam-translator 1.115.0
#
# Most expect: a policy's misspelt action is reported (W3037) wherever the template has it.
# What happens: with the line `Transform: AWS::Serverless-2016-10-31` the very same policy is not looked at any more; the
#   template is clean.
# Why it matters: every SAM template is linted in this form, so `dynamodb:GetItme` reaches AWS and is a refusal at run
#   time. Lint the policies in a template without the line, or the expanded template.
# Seen: 2026-11-27. Fails when the behaviour changes.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cfn-lint==1.58.0 aws-sam-translator==1.115.0
cat > plain.yaml <<'YAML'
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}
      Policies:
        - PolicyName: Read
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: dynamodb:GetItme, Resource: "*"}
YAML
{ echo 'Transform: AWS::Serverless-2016-10-31'; cat plain.yaml; } > sam.yaml
plain=$(venv/bin/cfn-lint --regions eu-central-1 --template plain.yaml || true)
sam=$(venv/bin/cfn-lint --regions eu-central-1 --template sam.yaml || true)
grep -q W3037 <<<"$plain" || { echo "CHANGED: not reported in the plain template either"; exit 1; }
if grep -q W3037 <<<"$sam"; then echo "CHANGED: reported with the Transform line, too"; exit 1; fi
echo "as described: W3037 without the Transform line, silence with it"
