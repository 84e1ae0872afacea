"""What CloudFormation deploys: the template after the SAM transform, which adds resources that stand in no file."""

from typing import Any


def _of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Properties of the resources of a type, by logical id."""
    resources = template["Resources"].items()
    return {name: each.get("Properties", {}) for name, each in resources if each["Type"] == kind}


def test_nothing_is_left_for_another_transform(expanded: dict[str, Any]) -> None:
    assert "Transform" not in expanded
    assert not [each["Type"] for each in expanded["Resources"].values() if "Serverless" in each["Type"]]


def test_the_api_has_one_stage_which_is_throttled_and_logged(expanded: dict[str, Any]) -> None:
    """By itself SAM makes a second one, named Stage, through its deployment: public, without throttle and log."""
    (stage,) = _of_type(expanded, "AWS::ApiGateway::Stage").values()
    (deployment,) = _of_type(expanded, "AWS::ApiGateway::Deployment").values()
    assert "StageName" not in deployment
    assert stage["StageName"] == "api"
    assert stage["AccessLogSetting"]["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}
    (settings,) = stage["MethodSettings"]
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert settings["ThrottlingRateLimit"] == {"Ref": "ThrottleRate"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "ThrottleBurst"}


def test_the_api_is_named_after_the_stack(expanded: dict[str, Any]) -> None:
    """CloudWatch files an API's metrics under its name, and importing a definition names the API by its title."""
    (api,) = _of_type(expanded, "AWS::ApiGateway::RestApi").values()
    assert api["Name"] == api["Body"]["info"]["title"] == {"Ref": "AWS::StackName"}


def test_the_stream_is_of_keys_and_wakes_the_relay_by_key(expanded: dict[str, Any]) -> None:
    (table,) = _of_type(expanded, "AWS::DynamoDB::Table").values()
    sources = _of_type(expanded, "AWS::Lambda::EventSourceMapping")
    (relay,) = [each for each in sources.values() if each["FunctionName"] == {"Ref": "RelayAlerts"}]
    (pattern,) = relay["FilterCriteria"]["Filters"]
    assert table["StreamSpecification"] == {"StreamViewType": "KEYS_ONLY"}
    assert "Image" not in pattern["Pattern"], "there are no images in this stream to match"
    assert '"Keys"' in pattern["Pattern"]


def test_cloudwatch_may_deliver_its_alarms(expanded: dict[str, Any]) -> None:
    """It is no party to the policy of alias/aws/sns, and that policy cannot be changed."""
    topics = _of_type(expanded, "AWS::SNS::Topic")
    rung = {
        action["Ref"]
        for alarm in _of_type(expanded, "AWS::CloudWatch::Alarm").values()
        for action in alarm["AlarmActions"]
    }
    assert rung == {"OperatorTopic"}
    assert not [name for name in rung if "KmsMasterKeyId" in topics[name]]
